// examples/vae/settings.cpp: see settings.hpp.
#include "examples/vae/settings.hpp"

#include <nlohmann/json.hpp>

#include <dimwise/core/error.hpp>
#include <dimwise/io/atomic_file.hpp>

namespace vae {
namespace {
using nlohmann::json;

/// Calls visit(name, member) for every entry; a dot leads into an object.
template <class Settings, class Visit>
void each_entry(Settings& s, Visit&& visit) {
  visit("data", s.data), visit("rows", s.rows), visit("seeds", s.seeds);
  visit("epochs", s.epochs), visit("batch", s.batch), visit("rate", s.rate), visit("warm_up_epochs", s.warm_up_epochs),
      visit("average", s.average);
  visit("hidden", s.hidden), visit("validation_images", s.validation_images), visit("checkpoint_seconds", s.checkpoint_seconds);
  visit("planar.flows", s.planar_flows), visit("iaf.flows", s.iaf_flows), visit("iaf.hidden", s.iaf_hidden);
  visit("sylvester.flows", s.sylvester_flows), visit("sylvester.reflections", s.sylvester_reflections);
  visit("flow.steps", s.flow_steps), visit("flow.evaluation_steps", s.flow_evaluation_steps);
  visit("evaluation.images", s.images), visit("evaluation.samples", s.samples);
}

json::json_pointer place(const std::string& name) {
  std::string path = "/" + name;
  for (char& c : path)
    if (c == '.') c = '/';
  return json::json_pointer(path);
}

void require_positive(const std::string& path, const std::string& name, double value) {
  if (!(value > 0)) throw dimwise::error(path + ": '" + name + "' must be above 0");
}

}  // namespace

std::string settings::of_training() const {
  json j;
  each_entry(*this, [&](const std::string& name, const auto& member) {
    const bool other = name == "data" || name == "rows" || name == "seeds" || name == "epochs" || name == "checkpoint_seconds" ||
                       name.rfind("evaluation", 0) == 0 || name == "flow.evaluation_steps";
    if (!other) j[name] = member;
  });
  return j.dump();
}

std::string settings::of_evaluation() const {
  return json{{"images", images}, {"samples", samples}, {"evaluation_steps", flow_evaluation_steps}}.dump();
}

settings read_settings(const std::string& path) {
  settings s;
  json given;
  try {
    given = json::parse(dimwise::read_file(path));
  } catch (const json::exception& e) {
    throw dimwise::error(path + " is not JSON: " + e.what());
  }
  json known;
  each_entry(s, [&](const std::string& name, auto& member) {
    known[place(name)] = true;
    try {
      if (given.contains(place(name))) given.at(place(name)).get_to(member);
    } catch (const json::exception& e) {
      throw dimwise::error(path + ": '" + name + "' has the wrong type: " + e.what());
    }
    if constexpr (std::is_arithmetic_v<std::remove_reference_t<decltype(member)>>)
      if (name != "warm_up_epochs") require_positive(path, name, double(member));
  });
  const json flat = given.flatten();
  for (const auto& [name, value] : flat.items()) {
    const std::string entry = name.substr(0, name.find_last_not_of("0123456789/") + 1);
    if (!known.contains(json::json_pointer(entry))) throw dimwise::error(path + " has the unknown entry '" + name + "'");
  }
  if (s.average >= 1) throw dimwise::error(path + ": 'average' must be below 1");
  return s;
}

}  // namespace vae
