#include "core/hash.hpp"

#include <cstring>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "core/result.hpp"

namespace tessera {

namespace {

// libcrypto keeps a state for each thread and frees it when the thread ends, unless its own clean-up at exit came
// first: then the state of every thread that is joined later (the pool's) leaks. So it shall not clean up at exit.
[[maybe_unused]] const int no_cleanup_at_exit = OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);

// Looked up by name once: that costs more than a short text's hash.
const EVP_MD* sha256() {
  static const EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  VERIFY(md != nullptr);
  return md;
}

// A thread's HMAC-SHA-256, ready for the key that it was asked for last: each identifier's pseudonym has the same.
class Hmac {
 public:
  Hmac() {
    static EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    VERIFY(mac != nullptr);
    context_ = EVP_MAC_CTX_new(mac);
    VERIFY(context_ != nullptr);
  }
  ~Hmac() { EVP_MAC_CTX_free(context_); }
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;

  std::string of(std::string_view key, std::string_view text) {
    if (is_keyed_ && key == key_) {
      VERIFY(EVP_MAC_init(context_, nullptr, 0, nullptr) == 1);
    } else {
      char name[] = "SHA256";
      const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                       OSSL_PARAM_construct_end()};
      // An empty key is one, too.
      const auto* const bytes = reinterpret_cast<const unsigned char*>(key.empty() ? "" : key.data());
      VERIFY(EVP_MAC_init(context_, bytes, key.size(), parameters) == 1);
      key_ = key;
      is_keyed_ = true;
    }
    unsigned char digest[EVP_MAX_MD_SIZE];
    size_t size = 0;
    VERIFY(EVP_MAC_update(context_, reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1);
    VERIFY(EVP_MAC_final(context_, digest, &size, sizeof digest) == 1);
    return {reinterpret_cast<char*>(digest), size};
  }

 private:
  EVP_MAC_CTX* context_;
  std::string key_;
  bool is_keyed_ = false;
};

}  // namespace

uint64_t mix64(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

uint64_t hash64(std::string_view text, uint64_t seed) {
  uint64_t h = 0xCBF29CE484222325 ^ mix64(seed + text.size());
  while (text.size() >= 8) {
    uint64_t word;
    std::memcpy(&word, text.data(), 8);
    h = mix64(h ^ word) * 0x9E3779B97F4A7C15;
    text.remove_prefix(8);
  }
  uint64_t word = 0;
  if (!text.empty()) std::memcpy(&word, text.data(), text.size());
  return mix64(h ^ word ^ (static_cast<uint64_t>(text.size()) << 56));
}

std::string hex_of(std::string_view bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out(2 * bytes.size(), '0');
  for (size_t i = 0; i < bytes.size(); ++i) {
    out[2 * i] = kHex[static_cast<uint8_t>(bytes[i]) >> 4];
    out[2 * i + 1] = kHex[static_cast<uint8_t>(bytes[i]) & 15];
  }
  return out;
}

std::string sha256_hex(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  VERIFY(EVP_Digest(text.data(), text.size(), digest, &size, sha256(), nullptr) == 1);
  return hex_of({reinterpret_cast<char*>(digest), size});
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  thread_local Hmac hmac;
  return hmac.of(key, text);
}

std::string secret_bytes(size_t count) {
  std::string out(count, '\0');
  VERIFY(RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count)) == 1);
  return out;
}

}  // namespace tessera
