#include "core/address.hpp"

#include "core/base64.hpp"
#include "core/random.hpp"

using namespace tessera;

namespace {

TEST(Address, WhereItLeads) {
  for (const char* ip : {"1.1.1.1",
                         "8.8.8.8",
                         "9.255.255.255",
                         "11.0.0.0",
                         "100.63.255.255",
                         "100.128.0.0",
                         "126.255.255.255",
                         "128.0.0.1",
                         "169.253.255.255",
                         "172.15.255.255",
                         "172.32.0.0",
                         "192.167.255.255",
                         "192.169.0.0",
                         "198.17.255.255",
                         "198.20.0.0",
                         "223.255.255.255",
                         "2606:4700:4700::1111",
                         "2a00:1450:4001:82a::200e",
                         "2003::1",
                         "::ffff:8.8.8.8",
                         "64:ff9b::808:808"})
    EXPECT_EQ(reach_of(std::string(ip)), Reach::Public) << ip;
  for (const char* ip : {"127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"})
    EXPECT_EQ(reach_of(std::string(ip)), Reach::Loopback) << ip;
  for (const char* ip : {"0.0.0.0",
                         "10.0.0.1",
                         "10.255.255.255",
                         "100.64.0.1",
                         "100.127.255.255",
                         "169.254.169.254",
                         "172.16.0.1",
                         "172.31.255.255",
                         "192.0.0.1",
                         "192.0.2.7",
                         "192.168.1.1",
                         "198.18.0.1",
                         "198.19.255.255",
                         "198.51.100.1",
                         "203.0.113.9",
                         "224.0.0.1",
                         "240.0.0.1",
                         "255.255.255.255",
                         "::",
                         "fe80::1",
                         "fc00::1",
                         "fd12:3456::1",
                         "ff02::1",
                         "2001:db8::1",
                         "2001::1",
                         "2002:a00:1::",
                         "::ffff:10.0.0.1",
                         "::ffff:169.254.169.254",
                         "64:ff9b::a00:1",
                         "64:ff9b:1::1",
                         "4000::1",
                         "fd00:ec2::254",
                         "::127.0.0.1"})
    EXPECT_EQ(reach_of(std::string(ip)), Reach::Private) << ip;
  for (const char* text : {"", "localhost", "1.2.3", "1.2.3.4.5", "::g", "example.com"})
    EXPECT_EQ(reach_of(std::string(text)), std::nullopt) << text;
}

// RFC 4648, section 10.
TEST(Base64, PublishedVectors) {
  const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"},
                                                                   {"\xfb\xff\xfe", "+//+"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(base64_of(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
}

TEST(Base64, RoundTripAndOnlyOneWayToWriteIt) {
  Rng rng(1);
  for (size_t size = 0; size < 200; ++size) {
    std::string bytes(size, ' ');
    for (char& c : bytes) c = static_cast<char>(rng.next());
    EXPECT_EQ(from_base64(base64_of(bytes)), bytes);
  }
  for (const char* text : {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zm8=Zm8=", "====", "Zg==\n", "Zm-v", "Zm 9", "=Zg="})
    EXPECT_EQ(from_base64(text), std::nullopt) << text;
}

TEST(Base64, AsOthersWriteIt) {
  // RFC 4648, section 10.
  for (const auto& [coded, plain] : std::vector<std::pair<std::string, std::string>>{{"", ""},
                                                                                     {"Zg==", "f"},
                                                                                     {"Zm8=", "fo"},
                                                                                     {"Zm9v", "foo"},
                                                                                     {"Zm9vYg==", "foob"},
                                                                                     {"Zm9vYmE=", "fooba"},
                                                                                     {"Zm9vYmFy", "foobar"},
                                                                                     {"Zm8", "fo"},
                                                                                     {"_-8", "\xFF\xEF"},
                                                                                     {"/+8=", "\xFF\xEF"}})
    EXPECT_EQ(from_any_base64(coded), plain) << coded;
  for (const std::string_view bad : {"Z", "Zg=g", "Zm9v!", "====", "Zm9vY"})
    EXPECT_EQ(from_any_base64(bad), std::nullopt) << bad;
}

}  // namespace
