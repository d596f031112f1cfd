// codegen/tool/known_peers.cpp: the peers of bench_peers.hpp, and where `./dimwise bench --peers` puts them.
#include "codegen/tool/bench_peers.hpp"

namespace dimwise::tool {
namespace fs = std::filesystem;
namespace {

// Whether a virtual environment has a package.
bool has_package(const fs::path& environment, const std::string& package) {
  std::error_code ignored;
  for (const auto& python : fs::directory_iterator(environment / "lib", ignored))
    if (fs::exists(python.path() / "site-packages" / package)) return true;
  return false;
}

}  // namespace

std::vector<peer> known_peers(const fs::path& prefix, const fs::path& scripts) {
  const fs::path home = prefix / "peers", environment = home / "python";
  const auto python = [&](const std::string& package, const std::string& script, const std::string& form) {
    if (!has_package(environment, package) || !fs::exists(scripts / script)) return std::vector<std::string>{};
    return std::vector<std::string>{(environment / "bin" / "python3").string(), (scripts / script).string(), "--form", form};
  };
  const auto program = [&](const std::string& name) {
    const fs::path place = home / "bin" / name;
    return fs::exists(place) ? std::vector<std::string>{place.string()} : std::vector<std::string>{};
  };
  return {
      {"JAX natural", python("jax", "jax_peer.py", "natural"), {"W1", "W2", "W3", "W4", "W5", "W7", "W7b"}},
      {"JAX expert", python("jax", "jax_peer.py", "expert"), {"W1", "W2", "W3", "W4", "W7", "W7b"}},
      {"PyTorch natural", python("torch", "torch_peer.py", "natural"), {"W1", "W2", "W4 residual", "W4 gradient"}},
      {"PyTorch compiled expert", python("torch", "torch_peer.py", "expert"), {"W1", "W2", "W4 residual", "W4 gradient"}},
      {"heyoka constants", python("heyoka", "heyoka_peer.py", "constants"), {"W2 orders_to_k"}},
      {"heyoka parameters", python("heyoka", "heyoka_peer.py", "parameters"), {"W2 orders_to_k"}},
      {"Boost fvar", program("w2_boost_fvar"), {"W2 orders_to_k"}},
      {"ADOL-C", program("w2_adolc"), {"W2"}},
      {"Eigen AutoDiffScalar", program("w2_eigen"), {"W2 orders_to_k"}},
      {"Ceres Jet", program("w2_ceres"), {"W2 orders_to_k"}},
  };
}

}  // namespace dimwise::tool
