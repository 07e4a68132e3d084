// Long because customers, streams and beginnings are one reading of the record, each laid out by what the one before found.
#include "profiles/load.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>

#include "core/parallel.hpp"
#include "core/stop.hpp"
#include "profiles/currencies.hpp"
#include "profiles/people.hpp"
#include "profiles/rare_columns.hpp"
#include "profiles/tables.hpp"

namespace tessera::profiles {

namespace {

using store::Connection;
using store::quoted_name;
using store::StoredText;
using store::Vector;

constexpr size_t kGrain = 1 << 16;

// Interning through a small cache: most text properties have few values, and DuckDB's short texts are two words that
// compare at once.
class Interner {
 public:
  explicit Interner(Dictionary& dictionary) : dictionary_(dictionary), cache_(kSlots) {}

  TextId intern(const StoredText& text) {
    if (!text.is_inlined()) return dictionary_.intern(text.view());
    std::array<uint64_t, 2> words;
    std::memcpy(words.data(), &text, sizeof words);
    Slot& slot = cache_[((words[0] ^ (words[1] * 0x9E3779B97F4A7C15)) * 0xD1342543DE82EF95) >> (64 - kBits)];
    if (slot.words != words || slot.id == kAbsentText) slot = {words, dictionary_.intern(text.view())};
    return slot.id;
  }

 private:
  static constexpr int kBits = 13;
  static constexpr size_t kSlots = size_t{1} << kBits;
  struct Slot {
    std::array<uint64_t, 2> words{};
    TextId id = kAbsentText;
  };
  Dictionary& dictionary_;
  std::vector<Slot> cache_;
};

// --- customers

struct Customers {
  std::vector<std::string> public_id;  // ascending
  std::vector<CustomerIndex> of_profile;
};

// How many profiles were known: they are numbered in the order of the facts that brought them.
Result<size_t> profiles_known(Connection& connection, size_t profiles, Seq visible_until) {
  std::vector<std::string> all = {
      fmt::format("SELECT max(greatest(a, b)) AS p FROM tessera.link WHERE seq < {}", visible_until)};
  const EventTables tables = TRY(EventTables::read(connection));
  for (const EventTable& table : tables.all())
    all.push_back(
        fmt::format("SELECT max(profile) AS p FROM main.{} WHERE seq < {}", quoted_name(table.name), visible_until));
  const auto last = TRY(connection.integer("SELECT max(p)::BIGINT FROM (" + store::union_all(all) + ")"));
  return std::min(profiles, last ? static_cast<size_t>(*last) + 1 : 0);
}

// By profile: a customer of one identifier that no fact is about. It came along with a stronger one and is not joined to
// it, or no longer. Nobody yet: a customer begins with their first fact (fold/fold.hpp says the same).
Result<std::vector<bool>> no_customers(Connection& connection, const std::vector<Profile>& leader,
                                       const std::vector<Link>& links, Seq visible_until) {
  std::vector<bool> out(leader.size());
  std::vector<uint32_t> size(leader.size());
  for (const Profile of : leader) ++size[of];
  std::vector<Profile> came_along;
  for (const Link& link : links)
    for (const Profile end : {link.a, link.b})
      if (end < leader.size() && size[leader[end]] == 1 && !out[end]) {
        out[end] = true;
        came_along.push_back(end);
      }
  if (came_along.empty()) return out;
  constexpr size_t kNamed = 10'000;  // of more, all facts are looked through
  const EventTables tables = TRY(EventTables::read(connection));
  for (const EventTable& table : tables.all()) {  // one by one: all at once would hold as many tables of hashes
    if (came_along.empty()) break;
    const std::string these =
        came_along.size() > kNamed ? "" : fmt::format(" AND profile IN ({})", fmt::join(came_along, ", "));
    auto answer = TRY(connection.stream(
        fmt::format("SELECT profile FROM main.{} WHERE seq < {}{}", quoted_name(table.name), visible_until, these)));
    while (const auto chunk = TRY(answer.next()))
      for (const Profile known : chunk->column(0).values<Profile>())
        if (known < out.size()) out[known] = false;
    std::erase_if(came_along, [&](Profile each) { return !out[each]; });
  }
  return out;
}

Result<Customers> read_customers(Connection& connection, Instant known_at, Seq visible_until) {
  People people = TRY(read_people(connection));
  const size_t all = people.kinds.size();
  const size_t profiles = known_at == kNever ? all : TRY(profiles_known(connection, all, visible_until));
  people.kinds.resize(profiles);
  const std::vector<Link> links = TRY(read_links(connection, visible_until));
  const std::vector<Profile> leader =
      known_at == kNever ? TRY(read_leaders(connection, profiles))
                         : stitch(people.kinds, links, TRY(read_stitch_rules(connection, visible_until))).leader;
  const std::vector<bool> is_nobody = TRY(no_customers(connection, leader, links, visible_until));
  // By the first eight bytes as a number, and the rest only where those are equal.
  struct Entry {
    uint64_t head;
    Profile profile;
  };
  std::vector<Entry> order;
  for (Profile p = 0; p < profiles; ++p) {
    if (leader[p] != p || is_nobody[p]) continue;
    char head[8] = {};
    std::memcpy(head, people.public_id[p].data(), std::min<size_t>(8, people.public_id[p].size()));
    uint64_t word;
    std::memcpy(&word, head, 8);
    order.push_back({__builtin_bswap64(word), p});
  }
  std::ranges::sort(order, [&](const Entry& a, const Entry& b) {
    if (a.head != b.head) return a.head < b.head;
    const int compared = people.public_id[a.profile].compare(people.public_id[b.profile]);
    return compared != 0 ? compared < 0 : a.profile < b.profile;
  });
  Customers customers;
  customers.of_profile.resize(all);  // those not known yet have no facts to be seen
  customers.public_id.reserve(order.size());
  for (const Entry& entry : order) {
    customers.of_profile[entry.profile] = static_cast<CustomerIndex>(customers.public_id.size());
    customers.public_id.push_back(std::move(people.public_id[entry.profile]));
  }
  for (Profile p = 0; p < profiles; ++p) customers.of_profile[p] = customers.of_profile[leader[p]];
  return customers;
}

// --- one stream

// A column on its way in: where its values stand in the answer, and where its lists' lengths do.
struct Reader {
  Column column;
  size_t position;
  std::optional<size_t> length_position;
};

size_t elements_of(const Column& column) {
  return column.type == PropertyType::Number ? column.numbers.size()
         : column.type == PropertyType::Text ? column.texts.size()
                                             : column.truths.size();
}

void read_scalars(Reader& reader, const Vector& from, Interner& interner) {
  Column& column = reader.column;
  const size_t rows = from.size();
  switch (column.type) {
    case PropertyType::Number: {
      const auto values = from.values<int64_t>();
      const size_t base = column.numbers.size();
      column.numbers.insert(column.numbers.end(), values.begin(), values.end());
      if (from.has_nulls())
        for (size_t row = 0; row < rows; ++row)
          if (from.is_null(row)) column.numbers[base + row] = kAbsentNumber;
      break;
    }
    case PropertyType::Text: {
      const auto values = from.values<StoredText>();
      for (size_t row = 0; row < rows; ++row)
        column.texts.push_back(from.is_null(row) ? kAbsentText : interner.intern(values[row]));
      break;
    }
    case PropertyType::Bool: {
      const auto values = from.values<bool>();
      for (size_t row = 0; row < rows; ++row)
        column.truths.push_back(from.is_null(row) ? Truth::Absent : values[row] ? Truth::Yes : Truth::No);
    }
  }
}

void read_lists(Reader& reader, const Vector& from, const Vector* lengths, Interner& interner) {
  Column& column = reader.column;
  const Vector child = from.child();
  for (uint32_t row = 0; row < from.size(); ++row) {
    const store::ListPart part = from.is_null(row) ? store::ListPart{0, 0} : from.list(row);
    for (uint64_t e = part.offset; e < part.offset + part.length; ++e) {
      const bool is_absent = child.is_null(e);
      if (column.type == PropertyType::Number)
        column.numbers.push_back(is_absent ? kAbsentNumber : child.values<int64_t>()[e]);
      else if (column.type == PropertyType::Text)
        column.texts.push_back(is_absent ? kAbsentText : interner.intern(child.values<StoredText>()[e]));
      else
        column.truths.push_back(is_absent ? Truth::Absent : child.values<bool>()[e] ? Truth::Yes : Truth::No);
    }
    // A property that none of the row's elements has is as long as the others all the same.
    const uint64_t length = lengths && !lengths->is_null(row) ? lengths->values<uint32_t>()[row] : 0;
    const uint64_t missing = length > part.length ? length - part.length : 0;
    if (column.type == PropertyType::Number)
      column.numbers.resize(column.numbers.size() + missing, kAbsentNumber);
    else if (column.type == PropertyType::Text)
      column.texts.resize(column.texts.size() + missing, kAbsentText);
    else
      column.truths.resize(column.truths.size() + missing, Truth::Absent);
    column.list_first.push_back(static_cast<uint32_t>(elements_of(column)));
  }
}

// Rows as they come from the table, before they are put in order.
struct Unordered {
  std::vector<CustomerIndex> customer;
  std::vector<Instant> time;
  std::vector<Seq> seq;
  std::vector<Reader> readers;
};

// The rows' places in the total order: by customer (a counting sort, which keeps the seq order of the table), then by
// time and seq within the customer, where most are in order already.
std::vector<uint32_t> order_of(const Unordered& rows, std::vector<uint32_t>& first, size_t customers) {
  first.assign(customers + 1, 0);
  for (const CustomerIndex customer : rows.customer) ++first[customer + 1];
  std::partial_sum(first.begin(), first.end(), first.begin());
  std::vector<uint32_t> next(first.begin(), first.end() - 1), order(rows.customer.size());
  for (uint32_t row = 0; row < order.size(); ++row) order[next[rows.customer[row]]++] = row;
  parallel_for(customers, 4096, [&](size_t from, size_t to) {
    const auto before = [&](uint32_t a, uint32_t b) {
      return rows.time[a] != rows.time[b] ? rows.time[a] < rows.time[b] : rows.seq[a] < rows.seq[b];
    };
    for (size_t c = from; c < to; ++c) {
      const auto begin = order.begin() + first[c], end = order.begin() + first[c + 1];
      if (!std::is_sorted(begin, end, before)) std::sort(begin, end, before);
    }
  });
  return order;
}

template <typename T>
void gather(std::vector<T>& values, std::span<const uint32_t> order) {
  std::vector<T> ordered(order.size());
  parallel_for(order.size(), kGrain, [&](size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) ordered[i] = values[order[i]];
  });
  values = std::move(ordered);
}

template <typename T>
void gather_lists(std::vector<T>& values, std::span<const uint32_t> old_first, std::span<const uint32_t> new_first,
                  std::span<const uint32_t> order) {
  std::vector<T> ordered(values.size());
  parallel_for(order.size(), kGrain, [&](size_t from, size_t to) {
    for (size_t i = from; i < to; ++i)
      std::copy(values.begin() + old_first[order[i]], values.begin() + old_first[order[i] + 1],
                ordered.begin() + new_first[i]);
  });
  values = std::move(ordered);
}

void put_in_order(Column& column, std::span<const uint32_t> order) {
  if (!column.is_list) {
    if (column.type == PropertyType::Number)
      gather(column.numbers, order);
    else if (column.type == PropertyType::Text)
      gather(column.texts, order);
    else
      gather(column.truths, order);
    return;
  }
  std::vector<uint32_t> first(order.size() + 1);
  for (size_t i = 0; i < order.size(); ++i)
    first[i + 1] = first[i] + column.list_first[order[i] + 1] - column.list_first[order[i]];
  if (column.type == PropertyType::Number)
    gather_lists(column.numbers, column.list_first, first, order);
  else if (column.type == PropertyType::Text)
    gather_lists(column.texts, column.list_first, first, order);
  else
    gather_lists(column.truths, column.list_first, first, order);
  column.list_first = std::move(first);
}

bool is_needed(const std::set<std::string>* wanted, std::string_view property) {
  if (!wanted) return true;
  return std::ranges::any_of(*wanted, [&](const std::string& each) { return is_under(property, each); });
}

// The column that says how long the lists are of which this one is a part.
const TableColumn* length_of(const EventTable& table, const TableColumn& list) {
  const TableColumn* nearest = nullptr;
  for (const TableColumn& column : table.columns)
    if (column.type == StoredType::Length && is_under(list.property, column.property) &&
        (!nearest || column.property.size() > nearest->property.size()))
      nearest = &column;
  return nearest;
}

// Which rows of a table: all, or of the shared one those of one rare event, or of all that are not named.
struct RowsOf {
  const EventTable& table;
  std::string event{};                 // of the stream that they make
  std::vector<std::string> but_not{};  // holds_rare_events: other events
  bool is_one = false;                 // holds_rare_events: of `event` alone

  std::string condition() const {
    if (is_one) return fmt::format("{} = {}", kEventColumn, store::quoted_text(event));
    std::string names;
    for (const std::string& name : but_not) names += (names.empty() ? "" : ", ") + store::quoted_text(name);
    return names.empty() ? "true" : fmt::format("{} NOT IN ({})", kEventColumn, names);
  }
};

class StreamLoader {
 public:
  StreamLoader(Connection& connection, const RowsOf& rows, const std::set<std::string>* wanted, Interner& interner,
               Dictionary& dictionary)
      : connection_(connection),
        rows_of_(rows),
        table_(rows.table),
        wanted_(wanted),
        interner_(interner),
        dictionary_(dictionary) {}

  Result<Stream> load(const Customers& customers, Seq visible_until) {
    std::string source = "main." + quoted_name(table_.name) + " WHERE " + rows_of_.condition();
    if (visible_until != kAllSeqs) source += fmt::format(" AND seq < {}", visible_until);
    const auto count = TRY(connection_.integer("SELECT count(*) FROM " + source)).value_or(0);
    choose_columns(static_cast<size_t>(count));
    TRY(choose_extra(source));
    std::string list;
    for (const std::string& expression : selected_) list += (list.empty() ? "" : ", ") + expression;
    auto answer = TRY(connection_.stream(fmt::format("SELECT {} FROM {}", list, source)));
    while (const auto chunk = TRY(answer.next())) {
      TRY(go_on());
      TRY(read(*chunk, customers));
    }

    Stream stream{.event = rows_of_.event, .system = table_.system};
    for (Reader& reader : rows_.readers) stream.columns.push_back(std::move(reader.column));
    for (const TableColumn& column : table_.columns)
      if (column.type == StoredType::Length) stream.element_lists.push_back(column.property);
    if (rare_) {
      for (std::string& list : rare_->element_lists()) stream.element_lists.push_back(std::move(list));
      rare_->put_into(stream.columns, static_cast<uint32_t>(rows_.time.size()), lengths_);
      std::ranges::sort(stream.columns, {}, [](const Column& column) {
        return std::tuple(std::string_view(column.property), column.is_list, column.type);
      });
    }
    const std::vector<uint32_t> order = order_of(rows_, stream.first, customers.public_id.size());
    gather(rows_.time, order);
    gather(rows_.seq, order);
    stream.time = std::move(rows_.time);
    stream.seq = std::move(rows_.seq);
    for (Column& column : stream.columns) {
      TRY(go_on());
      put_in_order(column, order);
    }
    return stream;
  }

 private:
  size_t select(std::string expression) {
    const auto found = std::ranges::find(selected_, expression);
    if (found == selected_.end())
      selected_.push_back(std::move(expression));
    else
      return static_cast<size_t>(found - selected_.begin());
    return selected_.size() - 1;
  }

  void choose_columns(size_t rows) {
    for (const char* fixed : {"profile", "time", "seq"}) select(fixed);
    rows_.customer.reserve(rows);
    rows_.time.reserve(rows);
    rows_.seq.reserve(rows);
    for (const TableColumn& column : table_.columns) {
      if (column.type == StoredType::Length || !is_needed(wanted_, column.property)) continue;
      Reader reader{.column = {.property = column.property,
                               .type = static_cast<PropertyType>(column.type),
                               .is_list = column.is_list},
                    .position = select(quoted_name(column.name))};
      if (column.is_list) {
        reader.column.list_first.push_back(0);
        if (const TableColumn* length = length_of(table_, column))
          reader.length_position = select(quoted_name(length->name));
      } else if (reader.column.type == PropertyType::Number)
        reader.column.numbers.reserve(rows);
      else if (reader.column.type == PropertyType::Text)
        reader.column.texts.reserve(rows);
      rows_.readers.push_back(std::move(reader));
    }
    std::ranges::sort(rows_.readers, {}, [](const Reader& reader) {
      return std::tuple(std::string_view(reader.column.property), reader.column.is_list, reader.column.type);
    });
  }

  // `extra`, where it may say something of what is needed; most tables have none.
  Result<void> choose_extra(const std::string& source) {
    const bool may_matter = !rows_.readers.empty() || (wanted_ && !wanted_->empty());
    const auto some = fmt::format("SELECT count(*) FROM (SELECT 1 FROM {} AND extra IS NOT NULL LIMIT 1)", source);
    if (!may_matter || TRY(connection_.integer(some)).value_or(0) == 0) return {};
    keys_ = select("CASE WHEN json_valid(extra) THEN json_keys(extra) END");
    extra_ = select("extra");
    std::vector<std::string> columns;
    for (const Reader& reader : rows_.readers) columns.push_back(reader.column.property);
    rare_.emplace(wanted_, std::move(columns), dictionary_);
    // A rare list is as long as those that have columns.
    for (const TableColumn& column : table_.columns)
      if (column.type == StoredType::Length && wanted_ && std::ranges::any_of(*wanted_, [&](const std::string& each) {
            return is_under(each, column.property) || is_under(column.property, each);
          })) {
        lengths_.push_back({.prefix = column.property, .of_row = {}});
        length_positions_.push_back(select(quoted_name(column.name)));
      }
    return {};
  }

  Result<void> read(const store::Chunk& chunk, const Customers& customers) {
    const auto profiles = chunk.column(0).values<Profile>();
    const auto times = chunk.column(1).values<int64_t>();
    const auto seqs = chunk.column(2).values<Seq>();
    const auto base = static_cast<uint32_t>(rows_.time.size());
    for (size_t row = 0; row < chunk.rows(); ++row) {
      if (profiles[row] >= customers.of_profile.size())
        return fail(fmt::format("table {} has rows of an unknown person", table_.name), {},
                    try_command("doctor").note("see what is damaged"));
      rows_.customer.push_back(customers.of_profile[profiles[row]]);
      rows_.time.push_back(store::instant_of_stored(times[row]));
    }
    rows_.seq.insert(rows_.seq.end(), seqs.begin(), seqs.end());
    if (rare_) read_extra(chunk, base);
    for (Reader& reader : rows_.readers) {
      const Vector values = chunk.column(reader.position);
      if (!reader.column.is_list) {
        read_scalars(reader, values, interner_);
      } else if (reader.length_position) {
        const Vector lengths = chunk.column(*reader.length_position);
        read_lists(reader, values, &lengths, interner_);
      } else {
        read_lists(reader, values, nullptr, interner_);
      }
    }
    return {};
  }

  void read_extra(const store::Chunk& chunk, uint32_t base) {
    for (size_t i = 0; i < lengths_.size(); ++i) {
      const Vector from = chunk.column(length_positions_[i]);
      for (size_t row = 0; row < from.size(); ++row)
        lengths_[i].of_row.push_back(from.is_null(row) ? 0 : from.values<uint32_t>()[row]);
    }
    const Vector keys = chunk.column(*keys_), extra = chunk.column(*extra_);
    const Vector names = keys.child();
    for (uint32_t row = 0; row < keys.size(); ++row) {
      if (keys.is_null(row)) continue;
      const store::ListPart part = keys.list(row);
      bool matters = false;
      for (uint64_t e = part.offset; e < part.offset + part.length && !matters; ++e)
        matters = rare_->is_relevant(names.text(e));
      if (matters) rare_->read(base + row, extra.text(row));
    }
  }

  Connection& connection_;
  const RowsOf& rows_of_;
  const EventTable& table_;
  const std::set<std::string>* wanted_;  // null: all properties that have a column
  Interner& interner_;
  Dictionary& dictionary_;
  std::vector<std::string> selected_;
  std::optional<size_t> keys_, extra_;
  std::optional<RareColumns> rare_;
  std::vector<ListLengths> lengths_;
  std::vector<size_t> length_positions_;
  Unordered rows_;
};

}  // namespace

Result<std::vector<Learnt>> read_learnt(Connection& connection) {
  auto answer = TRY(connection.query("SELECT until_seq, learnt FROM tessera.learnt_until ORDER BY until_seq"));
  std::vector<Learnt> learnt;
  while (const auto chunk = TRY(answer.next()))
    for (size_t row = 0; row < chunk->rows(); ++row) {
      const Seq until = chunk->column(0).values<Seq>()[row];
      const Instant at = store::instant_of_stored(chunk->column(1).values<int64_t>()[row]);
      if (!learnt.empty() && learnt.back().at == at)
        learnt.back().until = until;
      else
        learnt.push_back({at, until});
    }
  return learnt;
}

namespace {

// The rare events that are named, each a stream of its own, and all others as one without a name where any event is
// needed: they are counted, and nobody can ask for them one by one.
std::vector<RowsOf> rare_rows(const EventTables& tables, const Needs& needs) {
  std::vector<RowsOf> out;
  const EventTable* shared = tables.rare();
  if (!shared) return out;
  RowsOf others{.table = *shared};
  for (const auto& [event, properties] : needs.events) {
    if (event.empty() || tables.find(event) || is_reserved(event)) continue;
    out.push_back({.table = *shared, .event = event, .is_one = true});
    others.but_not.push_back(event);
  }
  if (needs.everything || needs.events.contains("")) out.push_back(std::move(others));
  return out;
}

Result<void> load_streams(Connection& connection, const Needs& needs, Seq visible_until, const Customers& customers,
                          History& history) {
  Interner interner(history.dictionary);
  const EventTables tables = TRY(EventTables::read(connection));
  const auto add = [&](const RowsOf& rows, const std::set<std::string>* wanted) -> Result<void> {
    StreamLoader loader(connection, rows, wanted, interner, history.dictionary);
    Stream stream = TRY(loader.load(customers, visible_until));
    if (!rows.table.holds_rare_events() || stream.rows() > 0) history.streams.push_back(std::move(stream));
    return {};
  };
  for (const RowsOf& rows : rare_rows(tables, needs)) {
    const auto wanted = needs.events.find(rows.event);
    TRY(add(rows, wanted != needs.events.end() ? &wanted->second : nullptr));
  }
  for (const EventTable& table : tables.all()) {
    if (table.holds_rare_events()) continue;
    auto wanted = needs.events.find(table.event);
    if (const SystemStreamRow* row = row_of(table.system); row && wanted == needs.events.end())
      wanted = needs.events.find(row->name);
    if (!needs.everything && wanted == needs.events.end()) continue;
    TRY(add({.table = table, .event = table.event}, needs.everything ? nullptr : &wanted->second));
  }
  std::ranges::stable_sort(history.streams, {}, &Stream::event);
  return {};
}

// By customer. What was read is not read again; of all other tables two numbers of each person.
Result<std::vector<FirstFacts>> first_facts(Connection& connection, const Needs& needs, Seq visible_until,
                                            const Customers& customers, const History& history) {
  std::vector<FirstFacts> out(customers.public_id.size());
  for (const Stream& stream : history.streams)
    parallel_for(out.size(), kGrain, [&](size_t from, size_t to) {
      for (size_t of = from; of < to; ++of)
        for (uint32_t row = stream.first[of]; row < stream.first[of + 1]; ++row)
          out[of].see(stream.time[row], stream.seq[row]);
    });
  const EventTables tables = TRY(EventTables::read(connection));
  for (const EventTable& table : tables.all()) {
    const bool is_read = table.holds_rare_events()
                             ? needs.everything || needs.events.contains("")
                             : std::ranges::any_of(history.streams, [&](const Stream& stream) {
                                 return stream.event == table.event && stream.system == table.system;
                               });
    if (is_read) continue;
    TRY(go_on());
    auto answer = TRY(connection.stream(fmt::format(
        "SELECT profile, min(time) FILTER (WHERE isfinite(time)), min(seq) FROM main.{} WHERE seq < {} GROUP "
        "BY profile",
        quoted_name(table.name), visible_until)));
    while (const auto chunk = TRY(answer.next()))
      for (size_t row = 0; row < chunk->rows(); ++row) {
        const Profile profile = chunk->column(0).values<Profile>()[row];
        if (profile >= customers.of_profile.size()) continue;  // doctor says so
        const bool is_dated = !chunk->column(1).is_null(row);
        out[customers.of_profile[profile]].see(
            is_dated ? store::instant_of_stored(chunk->column(1).values<int64_t>()[row]) : kEver,
            chunk->column(2).values<Seq>()[row]);
      }
  }
  return out;
}

Result<void> find_begins(Connection& connection, const Needs& needs, Seq visible_until, const Customers& customers,
                         History& history) {
  const bool all_began =
      std::ranges::all_of(history.learnt, [&](const Learnt& entry) { return entry.at <= needs.asked_from; });
  if (all_began) return {};
  const auto facts = TRY(first_facts(connection, needs, visible_until, customers, history));
  history.begin.reserve(facts.size());
  // Who has no fact at all is there, as before there were beginnings.
  const bool is_all = visible_until == kAllSeqs;
  for (const FirstFacts& of : facts)
    history.begin.push_back(is_all && of.learnt == kAllSeqs ? kEver : history.begin_of(of));
  history.begin_until = visible_until;
  return {};
}

}  // namespace

Result<History> load(Connection& connection, const Needs& needs, Instant known_at) {
  History history;
  history.learnt = TRY(read_learnt(connection));
  const Seq visible_until = known_at == kNever ? kAllSeqs : history.visible_until(known_at);
  Customers customers = TRY(read_customers(connection, known_at, visible_until));
  TRY(load_streams(connection, needs, visible_until, customers, history));
  TRY(find_begins(connection, needs, visible_until, customers, history));
  if (!needs.money.empty())
    add_conversions(history, std::vector<MoneyWant>(needs.money.begin(), needs.money.end()),
                    TRY(money_book(connection)));
  history.customer = std::move(customers.public_id);
  return history;
}

Result<History> load_by_profile(Connection& connection, const Needs& needs, const Dictionary& dictionary) {
  History history{.dictionary = dictionary};
  history.learnt = TRY(read_learnt(connection));
  Customers customers;
  const auto profiles = TRY(connection.integer("SELECT count(*) FROM tessera.identity")).value_or(0);
  customers.public_id.resize(static_cast<size_t>(profiles));
  customers.of_profile.resize(static_cast<size_t>(profiles));
  std::iota(customers.of_profile.begin(), customers.of_profile.end(), 0);
  TRY(load_streams(connection, needs, kAllSeqs, customers, history));
  history.customer = std::move(customers.public_id);
  return history;
}

Result<History> load(store::Record& record, const Needs& needs, Instant known_at) {
  return load(record.connection(), needs, known_at);
}

}  // namespace tessera::profiles
