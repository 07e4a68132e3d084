// The rows of an intake before they are written: one buffer an event name, in it one column a (property, type, list),
// and in that the values end to end, each with the row it belongs to. A row costs no allocation, a property that is
// rare costs nothing where it is absent.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/number.hpp"
#include "core/time.hpp"
#include "profiles/history.hpp"
#include "profiles/intake.hpp"
#include "profiles/tables.hpp"

namespace tessera::profiles {

// Texts end to end.
class TextColumn {
 public:
  void add(std::string_view text) {
    bytes_ += text;
    ends_.push_back(bytes_.size());
  }
  void drop_last() {
    ends_.pop_back();
    bytes_.resize(ends_.empty() ? 0 : ends_.back());
  }
  size_t size() const { return ends_.size(); }
  size_t bytes() const { return bytes_.capacity() + ends_.capacity() * sizeof(uint64_t); }
  std::string_view operator[](size_t index) const {
    const uint64_t from = index == 0 ? 0 : ends_[index - 1];
    return std::string_view(bytes_).substr(from, ends_[index] - from);
  }
  void clear() {
    bytes_.clear();
    ends_.clear();
  }

 private:
  std::string bytes_;
  std::vector<uint64_t> ends_;
};

struct BufferedColumn {
  StoredType type = StoredType::Text;
  bool is_list = false;
  std::vector<uint32_t> rows;       // of the buffer, ascending; one for each value or list
  std::vector<uint64_t> list_ends;  // is_list: where the list of rows[i] ends
  std::vector<uint8_t> present;     // is_list: of each element, whether it is there or padding
  std::vector<int64_t> numbers;     // micros; Length: the number of elements
  std::vector<uint8_t> truths;
  TextColumn texts;

  size_t values() const;
  void add(const Scalar& value);
  void drop_last();
  void clear();
};

struct BufferedRow {
  uint32_t who;  // index of the strongest identifier, in the intake's
  int64_t time;  // as stored
  uint64_t fingerprint;
  uint32_t order;  // of all rows of the batch: the order of start()
};

// What has no typed column, as JSON text.
struct ExtraItem {
  uint32_t row;
  std::string_view property, json;
  bool is_columnless = false;  // it had a type, but its table no place for one more column
};

class RowBuffer {
 public:
  explicit RowBuffer(StreamName name) : event_(name.event), system_(name.system) {}

  uint32_t add_property(std::string_view name);
  const std::string& name_of(uint32_t property) const { return properties_[property].name; }

  void start(BufferedRow row);
  void put(uint32_t property, const Scalar& value);
  void put_extra(uint32_t property, std::string_view json);
  void element(uint32_t property, const Scalar& value);
  void next_element(std::string_view prefix);
  void finish_row();  // called by start(); once more before the rows are written
  // One with the same properties and no rows. REQUIRES: finish_row() was called.
  RowBuffer like() const;
  void clear();  // keeps the properties

  StreamName name() const { return system_ == SystemStream::None ? StreamName(event_) : StreamName(system_); }
  const std::vector<BufferedRow>& rows() const { return rows_; }
  // Every column with at least one value, and what it is of.
  struct Filled {
    TableColumn wanted;
    const BufferedColumn* column;
  };
  // Of rows from first_row on, as extras().
  std::vector<Filled> filled(uint32_t first_row = 0) const;
  std::vector<ExtraItem> extras(uint32_t first_row = 0) const;  // rows ascending

 private:
  struct Property {
    std::string name;
    uint32_t columns[2][4] = {};  // [is_list][type] -> index + 1 in columns_
    uint32_t group = 0;           // index + 1 in groups_
  };
  // The lists that are the properties of one list of elements ("products"): equally long, row by row.
  struct Group {
    std::string prefix;
    uint32_t length_column = 0;
    uint64_t elements = 0;          // complete ones in the row at hand
    std::vector<uint32_t> touched;  // list columns with elements in the row at hand
    bool is_active = false;
    bool covers(std::string_view property) const {
      return property.starts_with(prefix) && (property.size() == prefix.size() || property[prefix.size()] == '.');
    }
  };
  struct ColumnOf {
    std::string property;
    BufferedColumn column;
  };
  uint32_t current_row() const { return static_cast<uint32_t>(rows_.size() - 1); }
  uint32_t new_column(std::string_view property, StoredType type, bool is_list);
  uint32_t column_of(uint32_t property, StoredType type, bool is_list);
  uint32_t group_of(std::string_view prefix);
  void pad(BufferedColumn& column, uint64_t elements);
  static uint64_t elements_in_row(const BufferedColumn& column);

  std::string event_;
  SystemStream system_;
  std::vector<BufferedRow> rows_;
  std::vector<Property> properties_;
  std::vector<Group> groups_;
  std::vector<uint32_t> active_;  // groups with elements in the row at hand
  std::vector<ColumnOf> columns_;
  std::vector<std::pair<uint32_t, uint32_t>> extra_of_;  // row, property
  TextColumn extra_json_;
};

}  // namespace tessera::profiles
