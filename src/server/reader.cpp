#include "server/reader.hpp"

#include "ingest/row_stream.hpp"
#include "ingest/segment_spec_body.hpp"

namespace tessera::server {

namespace {

class SegmentReader final : public live::Reader {
 public:
  explicit SegmentReader(profiles::Intake& intake) : intake_(intake), body_(intake) {}
  void read(const live::Submission& submission, Instant received) override {
    // The door has looked at every byte of a piece, so what it refuses is not in the log.
    if (submission.type == live::kRowsOfImport) return void(ingest::read_piece(submission.body, intake_));
    body_.read(submission.source, submission.type, submission.body, received);
  }

 private:
  profiles::Intake& intake_;
  ingest::SegmentBody body_;
};

}  // namespace

live::MakeReader segment_reader() {
  return [](profiles::Intake& intake) { return std::make_unique<SegmentReader>(intake); };
}

}  // namespace tessera::server
