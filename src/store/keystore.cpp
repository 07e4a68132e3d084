#include "store/keystore.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <unistd.h>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "store/private_file.hpp"
#include "store/record_file.hpp"

namespace tessera::store {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kFormat = 1;
constexpr size_t kIdBytes = 16, kKeyBytes = 32;

Remedy try_new_keystore(const std::string& path) {
  const std::string record = path.substr(0, path.rfind('.'));
  return try_command("keystore new")
      .on(record)
      .note(
          "makes a new one, if the old one is lost: bring it back if it is not, for pseudonyms and those who refused to "
          "be recorded hang on it");
}

}  // namespace

std::shared_ptr<Keystore> Keystore::make(std::string path) {
  Secrets secrets{{std::string(kPseudonymKey), hex_of(secret_bytes(kKeyBytes))}};
  return std::shared_ptr<Keystore>(new Keystore(std::move(path), hex_of(secret_bytes(kIdBytes)), std::move(secrets)));
}

std::shared_ptr<Keystore> Keystore::in_memory() {
  return make({});
}

std::shared_ptr<Keystore> Keystore::lost(const std::string& path) {
  auto out = make(path);
  out->is_lost_ = true;
  return out;
}

Error Keystore::loss() const {
  return fail("the record's keystore is not here: nothing is recorded and no webhook is sent until somebody decides",
              path_, try_new_keystore(path_))
      .error();
}

Result<std::shared_ptr<Keystore>> Keystore::create(const std::string& path) {
  std::error_code error;
  if (fs::exists(path, error)) {
    const std::string aside = fmt::format("{}.before-{}", path, hex_of(secret_bytes(4)));
    fs::rename(path, aside, error);
    if (error) return fail(fmt::format("cannot be moved aside: {}", error.message()), path, try_moving(path, aside));
  }
  auto made = make(path);
  TRY(made->change({}));
  return made;
}

Result<std::shared_ptr<Keystore>> Keystore::open(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail("the keystore is not here, or cannot be read", path, try_new_keystore(path));
  make_private(path);
  std::ostringstream text;
  text << file.rdbuf();
  const auto json = parse_json(text.str(), path);
  const Json *format = json ? json->find("format") : nullptr, *id = json ? json->find("id") : nullptr,
             *kept = json ? json->find("secrets") : nullptr;
  if (!format || !id || !id->as_text() || !kept || !kept->as_object())
    return fail("the keystore is damaged", path, try_new_keystore(path));
  if (format->number_or(0) > static_cast<double>(kFormat))
    return fail("the keystore was written by a newer Tessera", path, "use the newer program");
  Secrets secrets;
  for (const auto& [name, value] : *kept->as_object()) secrets[name] = value.text_or("");
  return std::shared_ptr<Keystore>(new Keystore(path, *id->as_text(), std::move(secrets)));
}

std::optional<std::string> Keystore::get(std::string_view name) const {
  return secrets_.with([&](const Secrets& secrets) -> std::optional<std::string> {
    const auto found = secrets.find(name);
    return found == secrets.end() ? std::nullopt : std::optional(found->second);
  });
}

std::string Keystore::text_of(const Secrets& secrets) const {
  Json kept = Json::object();
  for (const auto& [name, value] : secrets) kept.set(name, value);
  return Json::object().set("format", kFormat).set("id", id_).set("secrets", std::move(kept)).dump(1) + "\n";
}

Result<void> Keystore::change(const Changes& changes) {
  if (is_lost_) return std::unexpected(loss());
  auto secrets = secrets_.lock();
  Secrets after = *secrets;
  for (const auto& [name, value] : changes) {
    if (value)
      after[name] = *value;
    else
      after.erase(name);
  }
  const bool is_new = changes.empty();
  if (after == *secrets && !is_new) return {};
  if (!path_.empty()) TRY(write_private(path_, text_of(after)));
  *secrets = std::move(after);
  return {};
}

}  // namespace tessera::store
