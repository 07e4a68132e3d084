#include "profiles/message_prints.hpp"

#include "core/hash.hpp"
#include "core/json.hpp"
#include "store/database.hpp"

namespace tessera::profiles {

uint64_t print_of_source(uint64_t fingerprint, std::string_view source) {
  return mix64(fingerprint ^ hash64(source, 0x736F75726365));
}

// live/sources.hpp keeps them there, by name.
Result<std::vector<std::string>> sources_heard(store::Connection& connection) {
  std::vector<std::string> out;
  const auto text = TRY(connection.text("SELECT value FROM tessera.meta WHERE key = 'sources'"));
  if (!text || text->empty()) return out;
  const Json json = TRY(parse_json(*text, "tessera.meta, sources"));
  if (const Json::Object* sources = json.as_object())
    for (const auto& [name, kept] : *sources) out.push_back(name);
  return out;
}

}  // namespace tessera::profiles
