// The presets by their kind, for presets.cpp alone: to add one, add its table to the file of its kind.
#pragma once

#include <span>

#include "formats/preset.hpp"

namespace tessera::formats {

std::span<const Preset> shop_presets();         // preset_shops.cpp
std::span<const Preset> marketplace_presets();  // preset_marketplaces.cpp
std::span<const Preset> payment_presets();      // preset_payments.cpp
std::span<const Preset> event_presets();        // preset_events.cpp
std::span<const Preset> people_presets();       // preset_people.cpp
std::span<const Preset> loose_presets();        // preset_loose.cpp: by name alone

inline constexpr auto kNumber = ValueType::Number;
inline constexpr auto kText = ValueType::Text;
inline constexpr auto kTruth = ValueType::Truth;

// Odd values that are part of a vendor's exports: gifts and lines of adjustment without a price, money given back
// written below zero, guests' orders.
inline constexpr Odd kFreeLines[] = {Odd::ZeroPrice};
inline constexpr Odd kReturns[] = {Odd::NegativePrice, Odd::ZeroPrice};
inline constexpr Odd kReturnsAndGuests[] = {Odd::NegativePrice, Odd::ZeroPrice, Odd::BlockedId};

inline constexpr std::string_view kNamesAlone =
    "the export says who a customer is by name alone: two people of one name are one here";

}  // namespace tessera::formats
