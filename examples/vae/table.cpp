// examples/vae/table.cpp: see table.hpp.
#include "examples/vae/table.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include <dimwise/io/atomic_file.hpp>

namespace vae {
namespace {
using nlohmann::json;

std::string number(double v, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, v);
  return text;
}

/// Values of one column over seeds.
struct spread {
  double mean = 0, least = 0, most = 0;
  int count = 0;
  std::string text(int digits = 2) const {
    if (count == 0) return "-";
    std::string t = number(mean, digits);
    if (count > 1) t += " (" + number(least, digits) + " .. " + number(most, digits) + ")";
    return t;
  }
  json as_json() const { return {{"mean", mean}, {"least", least}, {"most", most}}; }
};
spread over(const std::vector<json>& results, const char* key) {
  spread s;
  for (const json& r : results) {
    const double v = r.at(key).get<double>();
    s.least = s.count == 0 ? v : std::min(s.least, v);
    s.most = s.count == 0 ? v : std::max(s.most, v);
    s.mean += v, s.count++;
  }
  if (s.count) s.mean /= s.count;
  return s;
}

/// What the -ELBO of a row is above that of the Hollow-CNF on the same test images, mean over the seeds that have both, and its
/// standard error over images.
std::string above_hollow(const settings& s, const std::string& out, const std::string& data, const std::string& row) {
  double sum = 0, variance = 0;
  int seeds = 0;
  for (const int seed : s.seeds) {
    std::vector<double> bounds[2];
    for (const int i : {0, 1}) {
      const std::string folder = cell{data, i ? "hollow" : row, seed}.folder(out);
      if (has_result(folder, s))
        json::parse(dimwise::read_file(folder + "/evaluation.json")).at("negative_bounds").get_to(bounds[i]);
    }
    if (bounds[0].empty() || bounds[0].size() != bounds[1].size()) continue;
    for (std::size_t n = 0; n < bounds[0].size(); n++) bounds[0][n] -= bounds[1][n];
    const mean_and_error difference = summary(bounds[0]);
    sum += difference.mean, variance += difference.error * difference.error, seeds++;
  }
  if (row == "hollow" || seeds == 0) return "";
  return (sum >= 0 ? "+" : "") + number(sum / seeds, 2) + " (" + number(std::sqrt(variance) / seeds, 2) + ")";
}

struct row_summary {
  std::string row;
  spread bound, nll;
};

/// What the best row is, and whether it is the Hollow-CNF; two rows whose difference is within the spread over seeds are not told
/// apart.
std::string verdict(const std::string& data, std::vector<row_summary> rows) {
  rows.erase(std::remove_if(rows.begin(), rows.end(), [](const row_summary& r) { return r.bound.count == 0; }), rows.end());
  const auto hollow = std::find_if(rows.begin(), rows.end(), [](const row_summary& r) { return r.row == "hollow"; });
  if (hollow == rows.end() || rows.size() < 2) return "";
  const auto less = [](const row_summary& a, const row_summary& b) { return a.bound.mean < b.bound.mean; };
  const row_summary best = *std::min_element(rows.begin(), rows.end(), less), mine = *hollow;
  rows.erase(hollow);
  const row_summary other = *std::min_element(rows.begin(), rows.end(), less);
  std::string t = data + ": the lowest -ELBO is that of " + title_of_row(best.row) + ", " + number(best.bound.mean, 2) + ". ";
  if (best.row == "hollow")
    t += "The next is " + title_of_row(other.row) + ", " + number(other.bound.mean - mine.bound.mean, 2) + " nats above it" +
         (mine.bound.most >= other.bound.least && mine.bound.count > 1 ? ", which the spread over seeds covers." : ".");
  else t += "Hollow-CNF is **not** the best here: it is " + number(mine.bound.mean - best.bound.mean, 2) + " nats above.";
  return t + (mine.bound.count < 2 ? " (One seed: no spread is known.)" : "") + "\n\n";
}

}  // namespace

void write_result(const cell& c, const std::string& folder, const settings& s, const scores& r, std::int64_t parameters,
                  double epochs, double cpu_seconds) {
  const json j{{"data", c.data},
               {"row", c.row},
               {"seed", c.seed},
               {"epochs", epochs},
               {"parameters", parameters},
               {"training_cpu_seconds", cpu_seconds},
               {"evaluation_cpu_seconds", r.cpu_seconds},
               {"negative_elbo", r.negative_bound},
               {"negative_elbo_standard_error", r.bound_error},
               {"nll", r.nll},
               {"nll_standard_error", r.nll_error},
               {"test_images", r.images},
               {"importance_samples", r.samples},
               {"negative_elbo_change_at_half_step", r.change_at_half_step},
               {"training", json::parse(s.of_training())},
               {"evaluation", json::parse(s.of_evaluation())}};
  dimwise::write_file_atomically(folder + "/result.json", j.dump(1) + "\n");
}

bool has_result(const std::string& folder, const settings& s) {
  if (!dimwise::file_exists(folder + "/result.json")) return false;
  const json r = json::parse(dimwise::read_file(folder + "/result.json"));
  return r.at("epochs").get<double>() >= s.epochs && r.at("training") == json::parse(s.of_training()) &&
         r.at("evaluation") == json::parse(s.of_evaluation());
}

std::string write_table(const settings& s, const std::string& out) {
  std::string text = "# -ELBO and NLL in nats (lower is better)\n\n";
  text += std::to_string(s.epochs) + " epochs of batches of " + std::to_string(s.batch) + " for every row, Adam at " +
          json(s.rate).dump() + ", the weight of the divergence rising over " + json(s.warm_up_epochs).dump() +
          " epochs, running mean of the parameters with decay " + json(s.average).dump() + "; latent size 64. " +
          std::to_string(s.images) + " test images, " + std::to_string(s.samples) +
          " importance samples each. Means over seeds (least .. most); above Hollow-CNF: difference of -ELBO on the same images, "
          "with its standard error over them. Time: CPU seconds of one thread.\n\n";
  json all = json::array();
  std::string verdicts;
  for (const std::string& data : s.data) {
    text += "## " + data +
            "\n\n| row | -ELBO | above Hollow-CNF | NLL | seeds | parameters | training s | -ELBO at half the step "
            "|\n|---|---|---|---|---|---|---|---|\n";
    std::vector<row_summary> rows;
    for (const std::string& row : s.rows) {
      std::vector<json> results;
      for (const int seed : s.seeds) {
        const std::string folder = cell{data, row, seed}.folder(out);
        if (has_result(folder, s)) results.push_back(json::parse(dimwise::read_file(folder + "/result.json")));
      }
      const spread bound = over(results, "negative_elbo"), nll = over(results, "nll"),
                   seconds = over(results, "training_cpu_seconds"), change = over(results, "negative_elbo_change_at_half_step");
      rows.push_back({row, bound, nll});
      const bool solves = row == "stochastic" || row == "hollow";
      text += "| " + title_of_row(row) + " | " + bound.text() + " | " + above_hollow(s, out, data, row) + " | " + nll.text() +
              " | " + std::to_string(results.size()) + " | " +
              (results.empty() ? "-" : std::to_string(results[0].at("parameters").get<std::int64_t>())) + " | " +
              seconds.text(0) + " | " + (solves && change.count ? (change.mean >= 0 ? "+" : "") + number(change.mean, 4) : "") +
              " |\n";
      json entry{{"data", data}, {"row", row}, {"title", title_of_row(row)}, {"seeds", results.size()}, {"results", results}};
      if (!results.empty()) entry["negative_elbo"] = bound.as_json(), entry["nll"] = nll.as_json();
      all.push_back(entry);
    }
    text += "\n";
    verdicts += verdict(data, rows);
  }
  text += verdicts;
  dimwise::write_file_atomically(out + "/table.md", text);
  dimwise::write_file_atomically(out + "/table.json", all.dump(1) + "\n");
  return text;
}

}  // namespace vae
