// Any bytes as what people and programs type in a few words: scopes, addresses, positions, ends of tokens, sizes, topics
// and properties of Kafka, mappings of columns, the options of a discovery, a command line with its files, and the frames
// that a server answers it with.
#include "cli/command_line.hpp"
#include "core/http_client.hpp"
#include "core/memory.hpp"
#include "core/text.hpp"
#include "feed/feed.hpp"
#include "formats/mapping.hpp"
#include "http/frames.hpp"
#include "http/http_server.hpp"
#include "ingest/kafka.hpp"
#include "privacy/scopes.hpp"
#include "server/commands.hpp"
#include "server/keys.hpp"
#include "workspace/discovery_options.hpp"

namespace {

using namespace tessera;

void read_words(const std::string& text) {
  if (const auto scopes = privacy::Scopes::parse(text))
    VERIFY(privacy::Scopes::parse(scopes->text()).value() == *scopes);
  if (const auto position = feed::parse_position(text))
    VERIFY(feed::parse_position(feed::text_of(*position)).value() == *position);
  const Instant now{1'772'366'400'000};
  if (const auto end = server::expiry_of(text, now)) VERIFY(*end > now);
  (void)http::parse_address(text);
  (void)check_url(text, {});
  (void)parse_bytes(text);
  (void)ingest::parse_kafka(text);
  (void)ingest::parse_kafka_properties(text, "fuzz");
  (void)formats::parse_map(text, {"order_id", "Customer", "total", "a,b"}, "fuzz.csv");
}

void read_command(const std::string& text) {
  if (const auto json = parse_json(text)) (void)workspace::discovery_wish(*json);
  if (const auto call = server::parse_command_call(text)) {
    const auto again = server::parse_command_call(server::text_of(*call));
    VERIFY(again && again->words == call->words && again->files.size() == call->files.size());
    (void)cli::parse_command_line(call->words);
  }
  std::vector<std::string> words;
  for (const std::string_view word : split(text, ' ')) words.emplace_back(word);
  (void)cli::parse_command_line(words);
}

// The same frames whatever the pieces.
void read_frames(std::string_view text) {
  std::vector<std::string> whole, pieces;
  for (auto* const out : {&whole, &pieces}) {
    http::FrameReader reader;
    const size_t step = out == &whole ? text.size() : 1;
    bool is_wrong = false;
    for (size_t at = 0; at < text.size() && !is_wrong; at += step) {
      reader.take(text.substr(at, step));
      for (auto next = reader.next(); !is_wrong; next = reader.next()) {
        is_wrong = !next;
        if (is_wrong || !*next) break;
        out->push_back((*next)->kind + " " + (*next)->bytes);
      }
    }
  }
  VERIFY(whole == pieces);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  read_words(text);
  read_command(text);
  read_frames(text);
  return 0;
}
