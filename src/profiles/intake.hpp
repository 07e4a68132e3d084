// Rows on their way in, put down column by column so that millions of them cost no allocation each. Whoever reads an
// outside shape (`ingest`) writes to an Intake and does not know where it leads: into the record (import_intake.hpp),
// into the log's fold (fold/inflow.hpp), over the wire to a server.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "core/number.hpp"
#include "core/time.hpp"
#include "profiles/consent.hpp"
#include "profiles/identifiers.hpp"
#include "profiles/reject.hpp"
#include "profiles/system_facts.hpp"

namespace tessera::profiles {

// A value of any of the three types, as put down.
using Scalar = std::variant<bool, Number, std::string_view>;

class Intake {
 public:
  using Kind = uint32_t;      // of rows, by intake.kind()
  using Property = uint32_t;  // a property of a kind, by intake.property()

  virtual ~Intake() = default;

  // A text: an event of the sender's. The name must be one that flaw_of_event_name (profiles/tables.hpp) finds nothing
  // wrong with, and none that is_reserved: reject the row else. An intake keeps nothing under such a name. A
  // SystemStream: facts of the system.
  virtual Kind kind(StreamName name) = 0;
  virtual Property property(Kind kind, std::string_view name) = 0;

  // Starts a row; the put calls that follow are its properties. At least one identifier. Times outside years 0001 to
  // 9999 are refused by the caller, except kEver (a trait true since ever). The fingerprint is the row's identity
  // (message id, or content and occurrence): a row that is there already is dropped.
  virtual void start(Kind kind, std::span<const Identifier> who, Instant time, uint64_t fingerprint) = 0;
  void put(Property property, Number value) { put_scalar(property, value); }
  void put(Property property, std::string_view text) { put_scalar(property, text); }
  void put(Property property, bool truth) { put_scalar(property, truth); }
  virtual void put_scalar(Property property, Scalar value) = 0;
  virtual void put_null(Property property) = 0;  // said null: cleared
  // What has no exact or scalar form is kept as received: JSON text, not seen by aggregates, counted as inexact.
  virtual void put_raw(Property property, std::string_view json) = 0;
  // The next element of a list property of this row (properties under one prefix before the dot, as products.*, are
  // padded to equal length by next_element, which ends the element at hand).
  void element(Property property, Number value) { put_element(property, value); }
  void element(Property property, std::string_view text) { put_element(property, text); }
  void element(Property property, bool truth) { put_element(property, truth); }
  virtual void put_element(Property property, Scalar value) = 0;
  virtual void next_element(Kind kind, std::string_view prefix) = 0;

  // Asked before the row is put or rejected: whether anything of it may be kept. False: the customer has refused to be
  // recorded, now or before (it is counted), and the caller forgets the row. What is said of profiling is kept with the
  // row that is started next. `fingerprint`: the row's, since one that was seen before says nothing new.
  virtual bool admits(std::span<const Identifier> /*who*/, const ConsentSaid& said, uint64_t /*fingerprint*/) {
    return said.collection != false;
  }
  // Whether somebody is known by that user id: then an alias of it renames them, and else it was a device's. What is
  // read far from the record does not know.
  virtual bool knows_user(std::string_view /*id*/) { return false; }
  // What the row started last gives away about its customer, and by what; kept as a ruling where it is news.
  virtual void mark(Mark /*mark*/, std::string_view /*reason*/) {}

  virtual void reject(Reject reject) = 0;
};

// The values of a fact as properties of the row started last, which is of `kind`.
void put_values(Intake& intake, Intake::Kind kind, const SystemFact& fact);

}  // namespace tessera::profiles
