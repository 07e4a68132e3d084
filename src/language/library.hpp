// Ready-made segments: the groups that guides on micro-segmentation name, as definitions to take, edit and apply. The
// library is one text in the language (library.cpp); what each definition needs in the data is read off its tree, so it
// cannot be out of date. Thresholds are starting points, in the currency of the data.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "language/schema.hpp"
#include "language/tree.hpp"

namespace tessera::language {

// What a definition looks at.
struct Needs {
  struct Property {
    std::string event;     // empty: any event
    std::string property;  // "total", "products.category"
    auto operator<=>(const Property&) const = default;
  };
  std::vector<std::string> events;  // ascending, as are the others
  std::vector<Property> properties;
  std::vector<std::string> traits;
  bool operator==(const Needs&) const = default;
};

struct LibraryEntry {
  std::string name, slug;
  std::string sentence;                 // who they are
  std::vector<Definition> definitions;  // the segment last, all that it uses before it: ready to print and apply
  Needs needs;
};

// In the order of the text. Parsed once.
const std::vector<LibraryEntry>& library();
// The whole text.
std::string_view library_text();

// What of it the record has never seen.
Needs missing(const Needs& needs, const Schema& schema);

}  // namespace tessera::language
