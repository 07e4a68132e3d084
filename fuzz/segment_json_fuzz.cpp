// Any bytes as Segment calls: each document becomes rows or rejects, none is lost, and the intake's contract holds.
#include "formats/documents.hpp"
#include "ingest/discard.hpp"
#include "ingest/document_normalisers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace tessera;
  using namespace tessera::formats;
  using namespace tessera::ingest;
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  for (const int which : {0, 1, 2}) {
    uint64_t malformed = 0, documents = 0;
    auto reader = json_of_text(text, [&](Malformed bad) {
      VERIFY(bad.line > 0);
      ++malformed;
    });
    if (!reader) return 0;
    DiscardIntake intake;
    Findings findings;
    NormaliserContext context{.intake = intake, .findings = findings, .file = "fuzz"};
    const std::unique_ptr<DocumentNormaliser> normaliser =
        which == 0   ? std::unique_ptr<DocumentNormaliser>(make_segment_normaliser(context, Instant{0}))
        : which == 1 ? make_ga4_normaliser(context)
                     : make_mailchimp_normaliser(context);
    JsonDocument document;
    uint64_t line = 0, last = 0;
    std::string_view raw;
    for (auto more = (*reader)->next(document, line, raw); more && *more; more = (*reader)->next(document, line, raw)) {
      VERIFY(line >= last && !document.nodes().empty() && document.at(0).next == document.nodes().size());
      last = line;
      ++documents;
      ++findings.rows_read;
      recognise_document(document);
      VERIFY(normaliser->add(document, line, raw));
    }
    if (which == 0) VERIFY(intake.rows + findings.rejected() == findings.rows_read || documents == 0);
  }
  return 0;
}
