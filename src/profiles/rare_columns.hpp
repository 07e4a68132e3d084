// What `extra` says (extra.hpp), gathered while the rows of a stream are read, and put into its columns when all are
// there: values of rare properties, what was said null, and how long lists are. A rare property that is needed becomes
// a column like any other. Memory: what is said of needed properties, nothing a row.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "profiles/extra.hpp"
#include "profiles/history.hpp"

namespace tessera::profiles {

// How many elements the lists under a name have, row by row, as a typed column says.
struct ListLengths {
  std::string prefix;
  std::vector<uint32_t> of_row;
};

class RareColumns {
 public:
  // wanted: the properties that are needed ("products" stands for all of products.*), those without a column too; null:
  // all that have a column.
  RareColumns(const std::set<std::string>* wanted, std::vector<std::string> columns, Dictionary& dictionary)
      : wanted_(wanted), columns_(std::move(columns)), dictionary_(dictionary) {}

  // Whether anything needed may follow from a member of that name.
  bool is_relevant(std::string_view key);
  // One row's `extra`. Rows ascending.
  void read(uint32_t row, std::string_view extra);
  // The columns have `rows` rows in the order in which these were read. New ones are added.
  void put_into(std::vector<Column>& columns, uint32_t rows, std::span<const ListLengths> lengths);
  // The lists of which a row has said how many elements they have.
  std::vector<std::string> element_lists() const;

 private:
  using Form = std::tuple<std::string, bool, PropertyType>;  // property, list, type
  struct Said {
    std::vector<uint32_t> rows;  // ascending
    Column values;               // one a row, or one list a row
  };
  struct Count {
    uint32_t row, elements;
  };
  bool is_wanted(std::string_view property) const;
  void add(uint32_t row, const std::string& property, const ExtraForm& form);
  void add_columns(std::vector<Column>& columns, uint32_t rows) const;
  std::vector<uint32_t> cleared_rows(std::string_view property) const;
  std::vector<uint32_t> lengths_of(std::string_view list, uint32_t rows, std::span<const ListLengths> lengths) const;

  const std::set<std::string>* wanted_;
  std::vector<std::string> columns_;  // the properties that have one
  Dictionary& dictionary_;
  std::unordered_map<std::string, bool> relevant_;
  std::map<Form, Said> said_;
  std::map<std::string, std::vector<uint32_t>> cleared_;  // by the member that said so
  std::map<std::string, std::vector<Count>> counts_;      // by the lists' name
};

}  // namespace tessera::profiles
