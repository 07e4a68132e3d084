// From what a group takes, avoids, returns and says to the benefit that points to: one table of interpretations, each
// shown with the evidence it rests on. Nothing is read into what the table does not name, and where nothing points
// anywhere the answer is "not in your data". Where returns, ratings or complaints stand out, the first answer is to
// look at the product, not at the message.
#pragma once

#include <string>
#include <vector>

#include "persona/phrases.hpp"
#include "persona/preferences.hpp"
#include "persona/service_quality.hpp"

namespace tessera::persona {

struct Benefit {
  std::string sort;                   // "price", "functional", "emotional", "social", "values", "convenience"
  std::string what;                   // "more for the money"
  std::vector<std::string> evidence;  // sentences
};

struct Needs {
  std::vector<Preference> over, avoided, taken_back;
  std::vector<Phrase> says;   // what they write
  std::vector<Phrase> opens;  // subjects of the mail they open
  std::vector<Experience> experience;
  std::vector<Benefit> benefits;           // strongest first
  std::string proposition, frame;          // empty: nothing supports one
  std::vector<std::string> product_first;  // sentences: what says that it is the product, not the message
  bool has_texts = false;                  // somebody wrote something
  std::string nothing;                     // where there is no benefit: "not in your data: ..."
};

// Fills benefits and what follows from them. `looked_at` says in words what the data has ("attributes of products",
// "texts"); empty: nothing.
void interpret(Needs& needs, const features::IndustryTerms& words, const std::string& looked_at);

}  // namespace tessera::persona
