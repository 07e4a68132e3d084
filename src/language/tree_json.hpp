// The tree as JSON, for programs that write definitions (a form-based editor) or read them. docs/language.md lists the
// members. What the checker adds (types, indices) is not in it.
#pragma once

#include "core/json.hpp"
#include "core/result.hpp"
#include "language/tree.hpp"

namespace tessera::language {

Json to_json(const Expr& expr);
Json to_json(const Definition& definition);

// Error: `place` is the path to the member that is wrong, "body.and[1].operands[0]"; and where a tree has no text (a
// window the language cannot say, a name it cannot spell), as text is what people review.
Result<Expr> expr_from_json(const Json& json);
Result<Definition> definition_from_json(const Json& json);

}  // namespace tessera::language
