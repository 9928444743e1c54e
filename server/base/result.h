// Result<T>: a value or an Error. Ignoring one does not compile without a warning; reading the wrong side
// aborts.
#pragma once

#include <cstdlib>
#include <utility>
#include <variant>

#include "base/error.h"

namespace zest {

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Error error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    check(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    check(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    check(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& {
    check(!ok());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    check(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  static void check(bool held) {
    if (!held) std::abort();
  }
  std::variant<T, Error> state_;
};

struct Done {};  // the value of an operation that has none

template <>
class [[nodiscard]] Result<void> : public Result<Done> {
 public:
  Result() : Result<Done>(Done{}) {}
  Result(Error error) : Result<Done>(std::move(error)) {}  // NOLINT(google-explicit-constructor)
};

}  // namespace zest

#define ZEST_CONCAT_INNER(a, b) a##b
#define ZEST_CONCAT(a, b) ZEST_CONCAT_INNER(a, b)
// ASSIGN_OR_RETURN(auto x, expression): x gets the value, or the error is returned from the enclosing
// function.
#define ASSIGN_OR_RETURN(declaration, expression) \
  ASSIGN_OR_RETURN_IMPL(ZEST_CONCAT(result_, __LINE__), declaration, expression)
#define ASSIGN_OR_RETURN_IMPL(result, declaration, expression) \
  auto result = (expression);                                  \
  if (!result.ok()) return std::move(result).error();          \
  declaration = std::move(result).value()
// RETURN_IF_ERROR(expression): returns its error from the enclosing function.
#define RETURN_IF_ERROR(expression)                               \
  do {                                                            \
    auto zest_status = (expression);                              \
    if (!zest_status.ok()) return std::move(zest_status).error(); \
  } while (false)
