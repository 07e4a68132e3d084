// Remedies over HTTP: the text, the action, and a link where there is a route for it.
#pragma once

#include <span>

#include "core/json.hpp"
#include "http/http_server.hpp"
#include "http/query.hpp"

namespace tessera::server {

// Members "remedy" and "action"; where a GET shows what the verb shows, the text names it and the action has the "link".
void put_advice(Json& document, const Remedy& remedy);

// Into an error of this request: where the advice is to ask again with other options, and all of them are parameters
// that the route takes (`known`), the request with them.
void put_again(Json& document, const Remedy& remedy, const http::Request& request,
               std::span<const std::string_view> known);

}  // namespace tessera::server
