// Normalisers of nested documents: exports whose meaning is in their structure and not in columns.
#pragma once

#include "formats/json_document.hpp"
#include "ingest/normaliser.hpp"

namespace tessera::ingest {

class DocumentNormaliser {
 public:
  virtual ~DocumentNormaliser() = default;
  virtual Result<void> add(const formats::JsonDocument& document, uint64_t line, std::string_view raw) = 0;
};

// Segment's spec: identify, track, page, screen, group, alias, and batches of them.
class SegmentNormaliser : public DocumentNormaliser {
 public:
  // The next document was received now, by a call for `type` (which holds where the document names none; empty: a
  // batch). What came before is forgotten but for names, so that a document's rows depend on nothing but it and this.
  virtual void receive(Instant at, std::string_view type) = 0;
};
// REQUIRES: the context outlives it.
std::unique_ptr<SegmentNormaliser> make_segment_normaliser(NormaliserContext& context,
                                                           std::optional<Instant> received = {});
// Google Analytics 4 as exported to BigQuery.
std::unique_ptr<DocumentNormaliser> make_ga4_normaliser(NormaliserContext& context);
// Mailchimp's campaignSubscriberActivity: {"jo@example.com": [{"action": "open", "timestamp": ...}, ...]}.
std::unique_ptr<DocumentNormaliser> make_mailchimp_normaliser(NormaliserContext& context);

// Which of them a document looks like; empty: none (rows of columns).
std::string_view recognise_document(const formats::JsonDocument& document);

}  // namespace tessera::ingest
