// src/kernel/tile_choices.cpp: the text of tile choices, and the file that keeps them between programs.
#include "dimwise/kernel/tile_choices.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace dimwise {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// Vendor, family, model and stepping: what decides about the speed of a tile. The brand string would not do: virtual machines
// shorten it.
std::string processor() {
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(0, &a, &b, &c, &d)) {
    std::string vendor;
    for (const unsigned part : {b, d, c})
      for (int i = 0; i < 4; i++) {
        const char letter = char(part >> (8 * i));
        if ((letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z')) vendor += letter;
      }
    if (__get_cpuid(1, &a, &b, &c, &d)) {
      std::ostringstream signature;
      signature << vendor << '-' << std::hex << (a & 0x0fff3fffu);
      return signature.str();
    }
  }
#endif
  return "processor";
}

}  // namespace

void tile_choices::set(const product_key& product, const tile_choice& choice) {
  const auto at = std::lower_bound(of_.begin(), of_.end(), product,
                                   [](const auto& entry, const product_key& key) { return entry.first < key; });
  if (at != of_.end() && at->first == product) at->second = choice;
  else of_.insert(at, {product, choice});
}

tile_choices tile_choices::from_text(std::string_view text) {
  tile_choices r;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    product_key p;
    tile_choice c;
    char colon = 0;
    std::string rest;
    if (words >> p.what >> p.bytes >> p.rows >> p.depth >> p.packs >> colon >> c.rows >> c.packs && colon == ':' &&
        !(words >> rest))
      r.set(p, c);
  }
  return r;
}

std::string tile_choices::text() const {
  std::ostringstream out;
  for (const auto& [p, c] : of_)
    out << p.what << ' ' << p.bytes << ' ' << p.rows << ' ' << p.depth << ' ' << p.packs << ": " << c.rows << ' ' << c.packs
        << '\n';
  return out.str();
}

std::string tile_file(std::string_view isa) {
  if (const char* named = std::getenv("DIMWISE_TILES")) return std::string_view(named) == "off" ? "" : named;
  std::string folder = variable("XDG_CACHE_HOME");
  if (folder.empty() || folder[0] != '/') {  // the standard has relative ones ignored
    const std::string home = variable("HOME");
    if (home.empty()) return "";
    folder = home + "/.cache";
  }
  return folder + "/dimwise/tiles-" + processor() + '-' + std::string(isa) + ".txt";
}

tile_choices read_tile_file(std::string_view isa) {
  const std::string path = tile_file(isa);
  if (path.empty()) return {};
  std::ifstream in(path, std::ios::binary);
  std::string text(1 << 20, '\0');  // no such file is longer; of another one, no more than this is read
  in.read(text.data(), std::streamsize(text.size()));
  text.resize(std::size_t(in.gcount()));
  return tile_choices::from_text(text);
}

const tile_choices& remembered_tiles(std::string_view isa) {
  static const std::map<std::string, tile_choices, std::less<>> of_each = [] {
    std::map<std::string, tile_choices, std::less<>> r;
    for (const char* each : {"avx2", "avx512"}) r.emplace(each, read_tile_file(each));
    return r;
  }();
  static const tile_choices nothing;
  const auto at = of_each.find(isa);
  return at == of_each.end() ? nothing : at->second;
}

}  // namespace dimwise
