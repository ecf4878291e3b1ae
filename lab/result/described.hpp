// Structs that Boost.Describe knows as JSON: written, checked, looked into.
#pragma once
#include <boost/describe.hpp>
#include <boost/json.hpp>
#include <boost/mp11.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace sportapp::lab::described {

namespace json = boost::json;

template <class T>
using Members = boost::describe::describe_members<T, boost::describe::mod_public>;
template <class T>
concept Struct = boost::describe::has_describe_members<T>::value;

template <class T>
struct Inner;  // of an optional or a list
template <class T>
struct Inner<std::optional<T>> {
  using Type = T;
};
template <class T>
struct Inner<std::vector<T>> {
  using Type = T;
};
template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsList = false;
template <class T>
inline constexpr bool kIsList<std::vector<T>> = true;
template <class T>
inline constexpr bool kIsMap = false;
template <class T>
inline constexpr bool kIsMap<std::map<std::string, T>> = true;
template <class T>
inline constexpr bool kIsPair = false;
template <class A, class B>
inline constexpr bool kIsPair<std::pair<A, B>> = true;

template <class T>
json::value to_value(const T& from) {
  if constexpr (kIsOptional<T>) {
    return from ? to_value(*from) : json::value();
  } else if constexpr (kIsPair<T>) {
    return json::array{from.first, from.second};
  } else if constexpr (kIsList<T>) {
    json::array list;
    for (const auto& one : from) list.push_back(to_value(one));
    return list;
  } else if constexpr (kIsMap<T>) {
    json::object object;
    for (const auto& [name, value] : from) object[name] = to_value(value);
    return object;
  } else if constexpr (Struct<T>) {
    json::object object;
    boost::mp11::mp_for_each<Members<T>>(
        [&](auto member) { object[member.name] = to_value(from.*member.pointer); });
    return object;
  } else {
    return json::value(from);
  }
}

// "a number": what a value of this type is called.
template <class T>
std::string name_of() {
  if constexpr (kIsOptional<T>) {
    return name_of<typename Inner<T>::Type>();
  } else if constexpr (kIsList<T>) {
    using Item = typename Inner<T>::Type;
    if constexpr (Struct<Item>) return "a list of objects";
    if constexpr (kIsPair<Item>) return "a list of pairs of numbers";
    return std::is_same_v<Item, std::string> ? "a list of texts" : "a list of numbers";
  } else if constexpr (Struct<T> || kIsMap<T>) {
    return "an object";
  } else if constexpr (std::is_same_v<T, bool>) {
    return "true or false";
  } else {
    return std::is_same_v<T, std::string> ? "a text" : "a number";
  }
}

template <class T>
std::string wrong_in(const json::object& object, const std::string& path);

inline std::string must_be(const std::string& path, const std::string& what) {
  return path + " must be " + what;
}

// What is wrong with `value` as a T at `path`; empty: nothing. Not null, but for an optional.
template <class T>
std::string wrong_with(const json::value& value, const std::string& path) {
  if constexpr (kIsOptional<T>) {
    return value.is_null() ? std::string() : wrong_with<typename Inner<T>::Type>(value, path);
  } else if constexpr (kIsList<T>) {
    using Item = typename Inner<T>::Type;
    if (!value.is_array()) return must_be(path, Struct<Item> ? "a list" : name_of<T>());
    for (const auto& one : value.get_array()) {
      if constexpr (Struct<Item>) {
        if (!one.is_object()) return must_be(path, name_of<T>());
        if (auto wrong = wrong_in<Item>(one.get_object(), path + "[]."); !wrong.empty()) return wrong;
      } else {
        if (!wrong_with<Item>(one, path).empty()) return must_be(path, name_of<T>());
      }
    }
    return {};
  } else if constexpr (Struct<T>) {
    return value.is_object() ? wrong_in<T>(value.get_object(), path + ".") : must_be(path, name_of<T>());
  } else if constexpr (kIsPair<T>) {
    const bool fits = value.is_array() && value.get_array().size() == 2 && value.get_array()[0].is_number() &&
                      value.get_array()[1].is_number();
    return fits ? std::string() : must_be(path, "a pair of numbers");
  } else {
    const bool fits = kIsMap<T>                        ? value.is_object()
                      : std::is_same_v<T, bool>        ? value.is_bool()
                      : std::is_same_v<T, std::string> ? value.is_string()
                                                       : value.is_number();
    return fits ? std::string() : must_be(path, name_of<T>());
  }
}

// `path` is what stands before the names of its members: "counts.".
template <class T>
std::string wrong_in(const json::object& object, const std::string& path) {
  std::string wrong;
  boost::mp11::mp_for_each<Members<T>>([&](auto member) {
    using Type = std::remove_cvref_t<decltype(std::declval<T>().*member.pointer)>;
    if (!wrong.empty()) return;
    const auto* found = object.if_contains(member.name);
    const bool missing = found == nullptr || found->is_null();
    const auto at = path + member.name;
    if (!missing) {
      wrong = wrong_with<Type>(*found, at);
    } else if constexpr (Struct<Type>) {
      wrong = wrong_in<Type>({}, at + ".");  // fine, where all in it may be missing
    } else if constexpr (!kIsOptional<Type> && !kIsList<Type> && !kIsMap<Type>) {
      wrong = at + " is missing";
    }
  });
  return wrong;
}

// Whether there is a number at a path of names.
template <class T>
bool number_at(std::string_view path) {
  if constexpr (kIsOptional<T>) {
    return number_at<typename Inner<T>::Type>(path);
  } else if constexpr (Struct<T>) {
    const auto dot = path.find('.');
    bool found = false;
    boost::mp11::mp_for_each<Members<T>>([&](auto member) {
      using Type = std::remove_cvref_t<decltype(std::declval<T>().*member.pointer)>;
      if (path.substr(0, dot) != member.name) return;
      found = number_at<Type>(dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1));
    });
    return found;
  } else {
    return path.empty() && std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;
  }
}

// Members of `object` that are what they should be; others stay as they are. Structs of optional scalars
// only.
template <class T>
void read_known(const json::object& object, T& into) {
  boost::mp11::mp_for_each<Members<T>>([&](auto member) {
    using Type = typename Inner<std::remove_cvref_t<decltype(into.*member.pointer)>>::Type;
    const auto* found = object.if_contains(member.name);
    if (found == nullptr || !wrong_with<Type>(*found, "").empty()) return;
    const auto read = json::try_value_to<Type>(*found);
    if (read) into.*member.pointer = *read;
  });
}

}  // namespace sportapp::lab::described
