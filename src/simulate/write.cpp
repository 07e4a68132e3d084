// Histories as Segment-spec calls, one JSON object a line, and the files of a company.
//
// Speed decides the demo's and the benches' waiting time, so lines are put together from pieces rather than through a
// JSON value. That is sound because no text here needs escaping: names come from tables without quotes, backslashes or
// control characters (a test parses every line), and the rest are numbers and ids made by us.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "core/parallel.hpp"
#include "simulate/design.hpp"
#include "simulate/simulate.hpp"

namespace tessera::simulate {

namespace {

// Appends without asking for room piece by piece: take() makes room for a whole line first.
class Line {
 public:
  explicit Line(std::string& out) : out_(out), size_(out.size()) {}
  ~Line() { out_.resize(size_); }

  void room(size_t bytes) {
    if (out_.size() < size_ + bytes) out_.resize(std::max(size_ + bytes, out_.size() * 2));
  }
  Line& operator<<(std::string_view text) {
    std::memcpy(out_.data() + size_, text.data(), text.size());
    size_ += text.size();
    return *this;
  }
  Line& operator<<(char c) {
    out_[size_++] = c;
    return *this;
  }
  void digits(uint64_t value, int width) {
    for (int i = width - 1; i >= 0; --i, value /= 10)
      out_[size_ + static_cast<size_t>(i)] = static_cast<char>('0' + value % 10);
    size_ += static_cast<size_t>(width);
  }
  void number(uint64_t value) {
    int width = 1;
    for (uint64_t rest = value; rest >= 10; rest /= 10) ++width;
    digits(value, width);
  }
  void number(Number value) {
    if (value.micros < 0) *this << '-';
    const uint64_t micros = static_cast<uint64_t>(std::abs(value.micros)), whole = micros / Number::kOne;
    uint64_t rest = micros % Number::kOne;
    number(whole);
    if (rest == 0) return;
    int width = 6;
    for (; rest % 10 == 0; rest /= 10) --width;
    *this << '.';
    digits(rest, width);
  }

 private:
  std::string& out_;
  size_t size_;
};

class Writer {
 public:
  Writer(const Plan& plan, const History& history, std::string& out) : plan_(plan), history_(history), line_(out) {}

  void write(const Event& event, size_t ordinal) {
    // Fixed parts are under 1 KiB; a property is under 160 bytes, an item under 320.
    line_.room(1024 + event.property_count * 160u + event.item_count * 320u);
    static constexpr std::string_view kTypes[] = {
        R"({"type":"identify","messageId":")", R"({"type":"track","messageId":")", R"({"type":"page","messageId":")"};
    line_ << kTypes[static_cast<size_t>(event.kind)] << plan_.id_prefix;
    line_.number(history_.index);
    line_ << '-';
    line_.number(ordinal);
    line_ << R"(","timestamp":")";
    time(event.at);
    if (!event.anonymous) line_ << R"(","userId":")" << history_.user_id;
    if (event.anonymous || event.channel == "web") line_ << R"(","anonymousId":")" << history_.anonymous_id;
    line_ << '"';
    if (!event.name.empty())
      line_ << (event.kind == Kind::Track ? R"(,"event":")" : R"(,"name":")") << event.name << '"';
    properties(event);
    context(event);
    line_ << "}\n";
  }

 private:
  void time(Instant at) {
    const uint64_t since = static_cast<uint64_t>((at - kFrom).ms), day = since / 86'400'000, ms = since % 86'400'000;
    line_ << plan_.dates[day] << 'T';
    line_.digits(ms / 3'600'000, 2);
    line_ << ':';
    line_.digits(ms / 60'000 % 60, 2);
    line_ << ':';
    line_.digits(ms / 1000 % 60, 2);
    line_ << '.';
    line_.digits(ms % 1000, 3);
    line_ << 'Z';
  }

  void text(std::string_view name, std::string_view value) { line_ << name << R"(":")" << value << '"'; }

  void properties(const Event& event) {
    if (event.property_count == 0) return;
    line_ << (event.kind == Kind::Identify ? R"(,"traits":{)" : R"(,"properties":{)");
    char before = 0;
    for (const Property& property : history_.properties_of(event)) {
      if (before) line_ << before;
      before = ',';
      line_ << '"' << property.name << R"(":)";
      std::visit(Match{[&](std::string_view value) { line_ << '"' << value << '"'; },
                       [&](Number value) { line_.number(value); },
                       [&](bool value) { line_ << (value ? std::string_view("true") : std::string_view("false")); }},
                 property.value);
    }
    if (event.item_count > 0) items(event);
    line_ << '}';
  }

  void items(const Event& event) {
    line_ << R"(,"products":[)";
    char before = 0;
    for (const Item& item : history_.items_of(event)) {
      if (before) line_ << before;
      before = ',';
      line_ << R"({")";
      text("product_id", item.product_id);
      line_ << R"(,")";
      text("name", item.name);
      if (!item.category.empty()) {
        line_ << R"(,")";
        text("category", item.category);
      }
      line_ << R"(,"price":)";
      line_.number(item.price);
      line_ << R"(,"quantity":)";
      line_.number(static_cast<uint64_t>(item.quantity));
      line_ << '}';
    }
    line_ << ']';
  }

  void context(const Event& event) {
    line_ << R"(,"context":{")";
    text("channel", event.channel);
    if (!event.device.empty()) line_ << R"(,"device":{"type":")" << event.device << R"("})";
    if (event.campaign) {
      line_ << R"(,"campaign":{")";
      text("name", event.campaign->name);
      line_ << R"(,")";
      text("source", event.campaign->source);
      line_ << R"(,")";
      text("medium", event.campaign->medium);
      line_ << '}';
    }
    line_ << '}';
  }

  const Plan& plan_;
  const History& history_;
  Line line_;
};

// A file being written whose first failure is kept until it is closed.
class OutFile {
 public:
  static Result<OutFile> create(const std::filesystem::path& path) {
    std::FILE* file = std::fopen(path.c_str(), "wb");
    if (!file) return cannot(path, errno);
    return OutFile(path, file);
  }
  Result<void> write(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size()) return cannot(path_, errno);
    return {};
  }
  Result<void> close() {
    if (std::fclose(file_.release()) != 0) return cannot(path_, errno);
    return {};
  }

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  OutFile(std::filesystem::path path, std::FILE* file) : path_(std::move(path)), file_(file) {}
  static std::unexpected<Error> cannot(const std::filesystem::path& path, int error) {
    return fail(fmt::format("cannot write: {}", std::strerror(error)), path.string(),
                try_again().blank_option("--out", "DIR").note("a folder that can be written and has room"));
  }
  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Closer> file_;
};

// The text of consecutive customers, made on any thread.
struct Block {
  std::string lines, truth, odd;
  uint64_t events = 0, odd_count = 0;
};

void fill(const Company& company, uint32_t from, uint32_t to, Block& block) {
  block.lines.clear();
  block.truth.clear();
  block.odd.clear();
  block.events = block.odd_count = 0;
  History history;
  for (uint32_t i = from; i < to; ++i) {
    company.history(i, history);
    write_lines(company, history, block.lines);
    block.events += history.events.size();
    if (history.oddity == Oddity::None) {
      fmt::format_to(std::back_inserter(block.truth), "{},{}\n", history.user_id, history.segment);
    } else {
      ++block.odd_count;
      const std::string_view id = history.user_id.empty() ? history.anonymous_id : history.user_id;
      fmt::format_to(std::back_inserter(block.odd), "{},{}\n", id, kOddityNames[static_cast<size_t>(history.oddity)]);
    }
  }
}

Remedy made_by(const Options& options) {
  return try_command("simulate")
      .option("--customers", fmt::format("{}", options.customers))
      .option("--segments", fmt::format("{}", options.segments))
      .option("--preset", std::string(kPresetNames[static_cast<size_t>(options.preset)]))
      .option("--seed", fmt::format("{}", options.seed))
      .option("--events-per-customer", fmt::format("{}", options.events_per_customer));
}

std::string readme(const Company& company, const Summary& summary) {
  const Options& options = company.options();
  return fmt::format(
      "A made-up {}: {} customers, {} events from {} to {} (discover as of the latter).\n"
      "Made by: {}\n\n"
      "events.jsonl  Segment-spec calls, one a line, customer by customer, each in time order\n"
      "truth.csv     the planted segment of {} customers\n"
      "odd.csv       {} customers of no segment: bots, tests, wholesale, newcomers, onlookers\n\n"
      "{} of a hundred customers in truth.csv live by two profiles and are listed under the stronger one.\n\n{}",
      kPresetNames[static_cast<size_t>(options.preset)], summary.customers, summary.events, text_of(kFrom),
      text_of(kAsOf), made_by(options).text(), summary.customers - summary.odd, summary.odd, kMixtures * 100,
      company.describe());
}

}  // namespace

void write_lines(const Company& company, const History& history, std::string& out) {
  Writer writer(company.plan(), history, out);
  for (size_t i = 0; i < history.events.size(); ++i) writer.write(history.events[i], i);
}

Result<Summary> simulate(const Options& options, const std::filesystem::path& out, Progress& progress) {
  const Company company = TRY(Company::create(options));
  std::error_code error;
  std::filesystem::create_directories(out, error);
  if (error)
    return fail("cannot make the folder: " + error.message(), out.string(),
                try_again().blank_option("--out", "DIR").note("a folder that can be made"));
  OutFile lines = TRY(OutFile::create(out / "events.jsonl"));
  OutFile truth = TRY(OutFile::create(out / "truth.csv"));
  OutFile odd = TRY(OutFile::create(out / "odd.csv"));
  TRY(truth.write("customer,segment\n"));
  TRY(odd.write("customer,kind\n"));

  Summary summary{.customers = options.customers};
  constexpr uint64_t kBlock = 128, kBlocks = 32;  // customers of a block, blocks at a time
  std::vector<Block> blocks(kBlocks);
  for (uint64_t from = 0; from < options.customers; from += kBlock * kBlocks) {
    const uint64_t to = std::min<uint64_t>(options.customers, from + kBlock * kBlocks),
                   count = (to - from + kBlock - 1) / kBlock;
    parallel_for(count, 1, [&](size_t a, size_t b) {
      for (size_t i = a; i < b; ++i)
        fill(company, static_cast<uint32_t>(from + i * kBlock),
             static_cast<uint32_t>(std::min(to, from + (i + 1) * kBlock)), blocks[i]);
    });
    for (size_t i = 0; i < count; ++i) {
      TRY(lines.write(blocks[i].lines));
      TRY(truth.write(blocks[i].truth));
      TRY(odd.write(blocks[i].odd));
      summary.events += blocks[i].events;
      summary.odd += blocks[i].odd_count;
      summary.bytes += blocks[i].lines.size();
    }
    progress.step("simulating customers", to, options.customers);
  }
  progress.finish();
  OutFile about = TRY(OutFile::create(out / "README.txt"));
  TRY(about.write(readme(company, summary)));
  for (OutFile* file : {&lines, &truth, &odd, &about}) TRY(file->close());
  return summary;
}

}  // namespace tessera::simulate
