// The shop of the benches of live membership: what its customers do, and segments of them.
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

namespace tessera::bench {

inline constexpr std::string_view kEvents[] = {"Email Opened", "Order Completed", "Product Added", "Product Viewed"};
inline constexpr std::string_view kCategories[] = {"shoes", "shirts", "hats",  "bags",
                                                   "socks", "coats",  "belts", "rings"};

// Counts, sums, recency, windows, since and negation in turn; thresholds such that a few per cent are members.
inline std::string definitions_text(size_t segments) {
  std::string text;
  for (size_t s = 0; s < segments; ++s) {
    const std::string_view event = kEvents[s / 6 % 4];
    const size_t days = 1 + s * 7 % 90, other = 1 + s * 13 % 60;
    switch (s % 6) {
      case 0:
        text += fmt::format("segment \"S{}\" = at least {} \"{}\" in the last {} days\n", s, 2 + s % 5, event, days);
        break;
      case 1:
        text += fmt::format("segment \"S{}\" = sum(\"Order Completed\".total, last {} days) > {}\n", s, days, 100 + s);
        break;
      case 2:
        text += fmt::format("segment \"S{}\" = last \"{}\" more than {} days ago\n", s, event, days);
        break;
      case 3:
        text += fmt::format(
            "segment \"S{}\" = last \"Product Added\" between {} hours and {} days ago and no \"Order Completed\" "
            "since "
            "then\n",
            s, 1 + s % 40, days);
        break;
      case 4:
        text += fmt::format("segment \"S{}\" = at least 1 \"{}\" where category = \"{}\" in the last {} days\n", s,
                            event, kCategories[s % 8], days);
        break;
      default:
        text += fmt::format(
            "segment \"S{}\" = no \"{}\" in the last {} days and at least 1 \"Product Viewed\" in the last {} days\n",
            s, event, other, days);
    }
  }
  return text;
}

}  // namespace tessera::bench
