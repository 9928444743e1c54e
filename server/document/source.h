// A JSON file with comments whose every value knows its place, so that mistakes can be pointed at.
// Thread-safety: plain values.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace zest::document {

// Both count from 1; columns count characters.
struct Position {
  std::size_t line = 1;
  std::size_t column = 1;
};

// One mistake: where, what is wrong, and what to write instead ("" when there is nothing to suggest).
struct Finding {
  Position at;
  std::string reason;
  std::string hint;
};

// Where a value stands in the document: "/steps/3/body/attributes". The root is "".
using Place = std::string;
Place child(const Place& place, std::string_view member);
Place child(const Place& place, std::size_t index);

class Source {
 public:
  // RFC 8259 plus // and /* */ comments; a byte order mark before it is skipped. What cannot be read, and
  // members that are given twice, are `findings`; after a syntax error the root is null.
  static Source parse(std::string name, std::string_view text);

  const std::string& name() const { return name_; }  // as the user spelt the file
  const Json& root() const { return root_; }
  const std::vector<Finding>& findings() const { return findings_; }
  bool readable() const { return readable_; }

  Position position_of(const Place& value) const;
  // Of a member's name, where the value's own is too far to the right.
  Position position_of_name(const Place& value) const;
  // "file.json:3:7"
  std::string where(const Place& value) const;

 private:
  std::string name_;
  Json root_;
  bool readable_ = false;
  std::vector<Finding> findings_;
  std::map<Place, Position> values_;
  std::map<Place, Position> names_;
};

// "file.json:3:7: unknown member \"stauts\"; did you mean \"status\"?"
std::string describe(const Source& source, const Finding& finding);

}  // namespace zest::document
