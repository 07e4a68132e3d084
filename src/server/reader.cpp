#include "ingest/segment_body.hpp"
#include "server/backend.hpp"

namespace tessera::server {

namespace {

class SegmentReader final : public live::Reader {
 public:
  explicit SegmentReader(profiles::Intake& intake) : body_(intake) {}
  void read(const live::Submission& submission, Instant received) override {
    body_.read(submission.source, submission.type, submission.body, received);
  }

 private:
  ingest::SegmentBody body_;
};

}  // namespace

live::MakeReader segment_reader() {
  return [](profiles::Intake& intake) { return std::make_unique<SegmentReader>(intake); };
}

}  // namespace tessera::server
