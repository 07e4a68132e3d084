// Remedies as members of a JSON document, and back.
#pragma once

#include "core/json.hpp"
#include "core/remedy.hpp"

namespace tessera {

// Members "remedy" (text) and, where it is no mere sentence, "action": kind, command or link, parts, note, line. Nothing
// where there is no remedy.
void put_remedy(Json& document, const Remedy& remedy);
// A document without an action, or with one of another kind, gives the sentence.
Remedy remedy_from(const Json& document);

}  // namespace tessera
