// The front door of HTTP: bytes of a socket become a request, an answer becomes bytes; knows no route.
//
//   http_server.hpp   HttpServer, Request, Response, Responder, Stream
//   asker.hpp         Asker: who waits for an answer, and may be gone
//   http_framing.hpp  Framing: where one request ends and the next begins, before any parser sees a byte
//   connections.hpp   Connections: how many there may be, in all and of one address
//   query.hpp         Query, percent_decoded, match_path, basic_user, bearer_token
//   workers.hpp       Workers: threads for what may take a while
//   frames.hpp        frame, FrameReader: the answer to a command that runs in the server
#pragma once
