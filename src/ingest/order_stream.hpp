// What a server knows of orders, asked from afar: the questions and answers of profiles::OrderMemory as JSON.
//
//   {"orders": [{"id": "7", "who": [[1, "ann"]], "lines": true}]}      a question for each; the answers name those
//   {"told": [{"row": 0, ...}]}                                         that are known by their place in it
//   {"versions": [{"id": "7", "kind": 1, "who": "ann", "updated": ms, "seen": ms}]}
#pragma once

#include <functional>
#include <string>

#include "core/json.hpp"
#include "profiles/told_orders.hpp"

namespace tessera::store {
class Connection;
}  // namespace tessera::store

namespace tessera::ingest {

class FarOrders final : public profiles::OrderMemory {
 public:
  // Sends a body and gives the answer's.
  using Ask = std::function<Result<std::string>(std::string body)>;
  explicit FarOrders(Ask ask) : ask_(std::move(ask)) {}

  bool has_orders() const override { return true; }
  Result<std::vector<profiles::ToldOrder>> told(std::span<const profiles::AskedOrder> orders) override;
  void keep(profiles::KeptVersion version) override { versions_.push_back(std::move(version)); }
  // Entries of a server's log say nothing of exports: each order's version is kept.
  void keep_until(Instant) override {}
  bool keeps_until() const override { return false; }
  // When the rows are sent.
  Result<void> send_versions();

 private:
  Ask ask_;
  std::vector<profiles::KeptVersion> versions_;
};

// The server's side: the answer to such a body. Error of usage: it is none. REQUIRES: a transaction, for versions.
Result<Json> answer_about_orders(store::Connection& connection, const Json& body);

}  // namespace tessera::ingest
