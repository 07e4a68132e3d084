// A simulated company as a History, filled column by column: what importing its files would give, without the files.
// For tests and benches; the truth stays beside it.
#pragma once

#include <algorithm>
#include <map>
#include <numeric>

#include "core/result.hpp"
#include "profiles/history.hpp"
#include "simulate/simulate.hpp"

namespace tessera::discover {

struct SimulatedHistory {
  profiles::History history;
  std::vector<uint32_t> truth;  // planted segment of each customer; 0 = odd
};

class StreamFiller {
 public:
  StreamFiller(profiles::Stream& stream, profiles::Dictionary& dictionary) : stream_(stream), dictionary_(dictionary) {}

  void put(std::string_view name, const simulate::Value& value) {
    std::visit(Match{[&](std::string_view text) {
                       column(name, profiles::PropertyType::Text, false).texts.push_back(dictionary_.intern(text));
                     },
                     [&](Number number) {
                       column(name, profiles::PropertyType::Number, false).numbers.push_back(number.micros);
                     },
                     [&](bool truth) {
                       column(name, profiles::PropertyType::Bool, false)
                           .truths.push_back(truth ? profiles::Truth::Yes : profiles::Truth::No);
                     }},
               value);
  }
  void items(std::span<const simulate::Item> items) {
    if (items.empty() && !has_items_) return;
    has_items_ = true;
    using profiles::PropertyType;
    auto &id = column("products.product_id", PropertyType::Text, true),
         &name = column("products.name", PropertyType::Text, true),
         &category = column("products.category", PropertyType::Text, true),
         &price = column("products.price", PropertyType::Number, true),
         &quantity = column("products.quantity", PropertyType::Number, true);
    for (const simulate::Item& item : items) {
      id.texts.push_back(dictionary_.intern(item.product_id));
      name.texts.push_back(dictionary_.intern(item.name));
      category.texts.push_back(item.category.empty() ? profiles::kAbsentText : dictionary_.intern(item.category));
      price.numbers.push_back(item.price.micros);
      quantity.numbers.push_back(Number::of(item.quantity).micros);
    }
  }
  void end_row(Instant at, profiles::Seq seq) {
    stream_.time.push_back(at);
    stream_.seq.push_back(seq);
  }
  // Absent values and list offsets for all rows so far.
  void pad() {
    for (profiles::Column& column : stream_.columns) pad(column, stream_.rows());
  }

 private:
  static size_t filled(const profiles::Column& column) {
    return column.type == profiles::PropertyType::Text     ? column.texts.size()
           : column.type == profiles::PropertyType::Number ? column.numbers.size()
                                                           : column.truths.size();
  }
  static void pad(profiles::Column& column, size_t rows) {
    if (column.is_list) {
      while (column.list_first.size() < rows + 1) column.list_first.push_back(static_cast<uint32_t>(filled(column)));
      return;
    }
    if (column.type == profiles::PropertyType::Text) column.texts.resize(rows, profiles::kAbsentText);
    if (column.type == profiles::PropertyType::Number) column.numbers.resize(rows, profiles::kAbsentNumber);
    if (column.type == profiles::PropertyType::Bool) column.truths.resize(rows, profiles::Truth::Absent);
  }
  profiles::Column& column(std::string_view name, profiles::PropertyType type, bool is_list) {
    auto found = std::find_if(stream_.columns.begin(), stream_.columns.end(), [&](const auto& c) {
      return c.property == name && c.type == type && c.is_list == is_list;
    });
    if (found == stream_.columns.end()) {
      stream_.columns.reserve(64);
      stream_.columns.push_back({.property = std::string(name), .type = type, .is_list = is_list});
      found = stream_.columns.end() - 1;
    }
    pad(*found, stream_.rows());
    return *found;
  }

  profiles::Stream& stream_;
  profiles::Dictionary& dictionary_;
  bool has_items_ = false;
};

// Who is in a history, and whose life of the company they lead.
struct Person {
  std::string id;
  uint32_t life = 0;
};

// Everyone of the company, each with the life that is his own.
inline Result<std::vector<Person>> people_of(const simulate::Options& options) {
  const simulate::Company company = TRY(simulate::Company::create(options));
  simulate::History life;
  std::vector<Person> people;
  for (uint32_t i = 0; i < options.customers; ++i) {
    company.history(i, life);
    people.push_back({std::string(life.user_id.empty() ? life.anonymous_id : life.user_id), i});
  }
  return people;
}

// What these people did before `until`.
inline Result<SimulatedHistory> simulated_history(const simulate::Options& options, std::vector<Person> people,
                                                  Instant until = kNever) {
  const simulate::Company company = TRY(simulate::Company::create(options));
  simulate::History life;
  std::ranges::sort(people, {}, &Person::id);
  SimulatedHistory out;
  std::map<std::string, std::pair<std::unique_ptr<profiles::Stream>, std::unique_ptr<StreamFiller>>> streams;
  profiles::Seq seq = 0;
  for (uint32_t c = 0; c < people.size(); ++c) {
    company.history(people[c].life, life);
    out.truth.push_back(life.segment);
    out.history.customer.push_back(people[c].id);
    for (auto& [name, stream] : streams) stream.first->first.push_back(static_cast<uint32_t>(stream.first->rows()));
    for (const simulate::Event& event : life.events) {
      if (event.at >= until) continue;
      const std::string name =
          event.kind == simulate::Kind::Identify ? std::string("$identify") : std::string(event.name);
      auto& [stream, filler] = streams[event.kind == simulate::Kind::Page ? "Page Viewed" : name];
      if (!stream) {
        stream = std::make_unique<profiles::Stream>();
        stream->event = event.kind == simulate::Kind::Page ? "Page Viewed" : name;
        stream->first.assign(c + 1, 0);
        filler = std::make_unique<StreamFiller>(*stream, out.history.dictionary);
      }
      for (const simulate::Property& property : life.properties_of(event)) filler->put(property.name, property.value);
      if (event.kind == simulate::Kind::Track) filler->items(life.items_of(event));
      if (event.kind != simulate::Kind::Identify) {
        if (!event.channel.empty()) filler->put("channel", event.channel);
        if (!event.device.empty()) filler->put("device", event.device);
      }
      filler->end_row(event.at, seq++);
    }
  }
  for (auto& [name, stream] : streams) {
    stream.first->first.push_back(static_cast<uint32_t>(stream.first->rows()));
    stream.second->pad();
    out.history.streams.push_back(std::move(*stream.first));
  }
  out.history.learnt.push_back({simulate::kAsOf, seq});
  return out;
}

inline Result<SimulatedHistory> simulated_history(const simulate::Options& options) {
  return simulated_history(options, TRY(people_of(options)));
}

}  // namespace tessera::discover
