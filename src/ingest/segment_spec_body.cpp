#include "ingest/segment_spec_body.hpp"

#include "ingest/document_normalisers.hpp"

namespace tessera::ingest {

namespace {
constexpr size_t kForgetAfter = 8 << 20;  // bytes of bodies
// In logs: never change.
constexpr std::string_view kCut = "$cut ", kUnreadable = "$unreadable ";
}  // namespace

std::string type_of_cut(size_t bytes) {
  return fmt::format("{}{}", kCut, bytes);
}

std::string type_of_unreadable(std::string_view reason, std::string_view problem) {
  return fmt::format("{}{} {}", kUnreadable, reason, problem);
}

struct SegmentBody::State {
  explicit State(profiles::Intake& into) : intake(into) {}

  profiles::Intake& intake;
  Findings findings;
  NormaliserContext context{.intake = intake, .findings = findings, .file = {}};
  std::unique_ptr<formats::JsonParser> parser;
  std::unique_ptr<SegmentNormaliser> normaliser;  // knows members by the addresses the parser gives them
  size_t read = 0;
  std::string text;  // the body, padded
  formats::JsonDocument document;

  void forget() {
    read = 0;
    normaliser = make_segment_normaliser(context);
    parser = std::make_unique<formats::JsonParser>();
  }

  size_t calls() const {
    const uint32_t batch = document.is(0, formats::JsonKind::Object) ? document.find(0, "batch") : 0;
    if (batch == 0 || !document.is(batch, formats::JsonKind::Array)) return 1;
    size_t count = 0;
    for (uint32_t at = batch + 1; at < document.at(batch).next; at = document.at(at).next) ++count;
    return count;
  }
};

SegmentBody::SegmentBody(profiles::Intake& intake) : state_(std::make_unique<State>(intake)) {}
SegmentBody::~SegmentBody() = default;

void SegmentBody::read(std::string_view source, std::string_view type, std::string_view body, Instant received) {
  State& s = *state_;
  if (!s.parser || s.read + body.size() > kForgetAfter) s.forget();
  s.read += body.size();
  s.text.assign(body);
  s.text.append(formats::kJsonPadding, ' ');
  s.context.file = source;
  ++s.findings.rows_read;
  if (type.starts_with(kCut)) {
    const std::string size = fmt::format("{} bytes", type.substr(kCut.size()));
    return s.findings.reject(s.intake, "too-large", s.context.file, 1, size, body);
  }
  if (type.starts_with(kUnreadable)) {
    const std::string_view said = type.substr(kUnreadable.size()), reason = said.substr(0, said.find(' '));
    const std::string_view problem = said.substr(std::min(said.size(), reason.size() + 1));
    return s.findings.reject(s.intake, reason, s.context.file, 1, problem, body);
  }
  if (body.empty()) return s.findings.reject(s.intake, "no-value", s.context.file, 1, "", "");
  std::string problem;
  const std::string_view text = std::string_view(s.text).substr(0, body.size());
  if (!s.parser->parse(text, s.document, problem) && !s.parser->parse_batch(text, s.document)) {
    return s.findings.reject(s.intake, formats::reason_of_problem(problem), s.context.file, 1, problem, body);
  }
  if (const size_t calls = s.calls(); calls > kMostCalls) {
    return s.findings.reject(s.intake, "too-many-events", s.context.file, 1, std::to_string(calls), body);
  }
  s.normaliser->receive(received, type == "batch" ? std::string_view() : type);
  // The normaliser's errors are those of files.
  VERIFY(s.normaliser->add(s.document, 1, body).has_value());
}

const Findings& SegmentBody::findings() const {
  return state_->findings;
}

}  // namespace tessera::ingest
