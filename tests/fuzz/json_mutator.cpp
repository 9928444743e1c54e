#include "fuzz/json_mutator.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "fuzz/target.h"

namespace zest::fuzz {
namespace {

class Mutation {
 public:
  Mutation(Json& document, unsigned seed, MutateBytes bytes) : chance_(seed), bytes_(bytes) {
    collect(document);
  }

  void run() {
    Json& value = *one_of(nodes_);
    switch (below(8)) {
      case 0:
        value = odd_value();
        return;
      case 1:
        value = Json(*one_of(nodes_));  // a copy first: it may be part of what it replaces
        return;
      case 2:
        leave_out(value);
        return;
      case 3:
        add(value);
        return;
      case 4:
        rename(value);
        return;
      default:
        vary(*one_of(leaves_));
    }
  }

 private:
  void collect(Json& value) {
    nodes_.push_back(&value);
    if (!value.is_structured() || value.empty()) leaves_.push_back(&value);
    if (value.is_object()) {
      for (auto& [name, member] : value.get_ref<Json::object_t&>()) {
        names_.push_back(name);
        collect(member);
      }
    } else if (value.is_array()) {
      for (Json& item : value) collect(item);
    }
  }

  std::size_t below(std::size_t bound) { return chance_() % bound; }
  template <class T>
  const T& one_of(const std::vector<T>& list) {
    return list[below(list.size())];
  }
  std::string some_name() { return names_.empty() ? std::string("name") : one_of(names_); }

  Json odd_value() {
    static const std::vector<Json> kOdd = {nullptr,
                                           true,
                                           false,
                                           0,
                                           -1,
                                           1.5,
                                           1e308,
                                           std::int64_t{9223372036854775807},
                                           std::uint64_t{18446744073709551615U},
                                           "",
                                           " ",
                                           "0",
                                           "999999999999999999999999",
                                           "2026-01-01T00:00:00.000Z",
                                           std::string(300, 'x'),
                                           std::string("a\0\x01\n\xc3\xa9\xf0\x9f\x98\x80", 9),
                                           Json::array(),
                                           Json::object(),
                                           Json::array({nullptr}),
                                           Json{{"a", Json::array({Json::object()})}}};
    return one_of(kOdd);
  }

  void leave_out(Json& value) {
    if (!value.is_structured() || value.empty()) return;
    auto at = value.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(below(value.size())));
    value.erase(at);
  }

  void add(Json& value) {
    Json added = below(2) == 0 ? odd_value() : Json(*one_of(nodes_));
    if (value.is_array()) {
      value.insert(value.begin() + static_cast<std::ptrdiff_t>(below(value.size() + 1)), std::move(added));
    } else if (value.is_object()) {
      value[some_name()] = std::move(added);
    }
  }

  void rename(Json& value) {
    if (!value.is_object() || value.empty()) return;
    auto at = value.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(below(value.size())));
    std::string name = at.key();
    Json moved = std::move(at.value());
    value.erase(at);
    value[below(2) == 0 ? some_name() : varied(std::move(name))] = std::move(moved);
  }

  void vary(Json& leaf) {
    if (leaf.is_string()) {
      leaf = varied(leaf.get<std::string>());
    } else if (leaf.is_number_integer()) {
      leaf = leaf.get<std::int64_t>() / 2 + static_cast<std::int64_t>(below(1000)) - 500;
    } else {
      leaf = odd_value();
    }
  }

  std::string varied(std::string text) {
    const std::size_t length = text.size();
    text.resize(length + 64);
    text.resize(bytes_(reinterpret_cast<std::uint8_t*>(text.data()), length, text.size()));
    return text;  // what is no UTF-8 in it is replaced when it is written
  }

  std::minstd_rand chance_;
  MutateBytes bytes_;
  std::vector<Json*> nodes_;
  std::vector<Json*> leaves_;
  std::vector<std::string> names_;
};

}  // namespace

std::size_t mutate_json(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed,
                        MutateBytes bytes) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  std::string_view text = input;
  Result<Json> document = parse_json(text);
  if (!document.ok()) {
    text = at_empty_line(input).behind;
    document = parse_json(text);
    if (!document.ok()) return 0;
  }
  Mutation(*document, seed, bytes).run();
  const std::string varied = dump_json(*document);
  const std::size_t before = size - text.size();
  if (before + varied.size() > max_size) return 0;
  std::memcpy(data + before, varied.data(), varied.size());
  return before + varied.size();
}

}  // namespace zest::fuzz
