// What a fact can change: the segments that look at events of its kind. Those of a customer that it cannot change are
// not evaluated when it comes in. A part is a set of segments with what they are computed from; parts that several
// facts ask for together are joined.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "fold/shape.hpp"
#include "segment/plan.hpp"

namespace tessera::fold {

class Affected {
 public:
  using Part = uint32_t;
  static constexpr Part kAll = 0, kNone = 1;

  // REQUIRES: both outlive it.
  Affected(const segment::Plan& plan, const Shape& shape);

  Part of(uint16_t stream);  // of the shape
  Part both(Part a, Part b);
  Part of_segments(std::span<const uint32_t> segments);  // as the plan counts them

  struct Segments {
    segment::Selection selection;
    std::vector<uint64_t> mask;    // of the selection's segments
    std::vector<uint8_t> streams;  // by stream of the shape: whether it is looked at
  };
  const Segments& operator[](Part part) const { return parts_[part]; }
  void fit(Part part);  // to the shape as it is now

 private:
  Part part_of(std::vector<uint64_t> mask);

  const segment::Plan& plan_;
  const Shape& shape_;
  size_t words_;
  std::vector<Segments> parts_;
  std::map<std::vector<uint64_t>, Part> by_mask_;
  std::vector<Part> of_stream_;
};

}  // namespace tessera::fold
