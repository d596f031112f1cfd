// tests/unit/io/parameter_file.cpp: every tensor under its name, and every refusal.
#include "catch.hpp"

#include <limits>

#include <dimwise/io/parameter_file.hpp>

#include "support/folder.hpp"

using namespace dimwise;
using namespace dimwise_tests;

namespace {

struct model {
  tensor tensors[3];
  table recording;
  model() {
    tensors[0].name = std::string_view("mean");
    tensors[0].shape[0] = 3;
    tensors[1].name = std::string_view("net.weight");
    tensors[1].rank = 2;
    tensors[1].shape[0] = tensors[1].shape[1] = 2;
    tensors[1].offset = 3;
    tensors[1].masked = mask::input_left;  // two coordinates, two units of degree 1: only column 0 is seen
    tensors[1].dims = 2;
    tensors[2].name = std::string_view("net.readout");
    tensors[2].rank = 3;
    tensors[2].shape[0] = 2;
    tensors[2].shape[1] = 1;
    tensors[2].shape[2] = 2;
    tensors[2].offset = 7;
    tensors[2].masked = mask::readout_left;  // dimension 0 sees nothing
    tensors[2].dims = 2;
    recording.tensors = tensors;
    recording.tensor_count = 3;
    recording.parameters = 11;
  }
};

const std::vector<double> good{1, 2, 3, 4, 0, 6, 0, 0, 0, 10, 11};

}  // namespace

TEST_CASE("parameters come back with their metadata, in either precision") {
  const folder f;
  const model m;
  save_parameters(f / "p", m.recording, {good, {{"seed", "4"}}});
  const auto read = load_parameters(f / "p", m.recording);
  CHECK(read.values == good);
  CHECK(read.metadata.at("seed") == "4");
  save_parameters(f / "q", m.recording, {good, {}}, precision::f32);
  CHECK(load_parameters(f / "q", m.recording).values == good);
  const auto raw = read_safetensors(f / "p");
  CHECK(raw.find("net.readout")->shape == std::vector<std::size_t>{2, 1, 2});
  CHECK(raw.find("net.readout")->values == std::vector<double>{0, 0, 10, 11});
}

TEST_CASE("missing, unknown and wrongly shaped tensors are named") {
  const folder f;
  const model m;
  safetensors content;
  append_parameters(content, "", m.recording, good.data());
  const auto says = [&](const safetensors& s) {
    write_safetensors(f / "p", s);
    return refusal([&] { load_parameters(f / "p", m.recording); });
  };
  CHECK(says(content).empty());
  auto missing = content;
  missing.arrays.erase(missing.arrays.begin());
  CHECK(contains(says(missing), "'mean' are missing"));
  auto unknown = content;
  unknown.arrays.push_back({"other", {1}, {1}});
  CHECK(contains(says(unknown), "no tensors 'other'"));
  auto shape = content;
  shape.arrays[0].shape = {1, 3};
  CHECK(contains(says(shape), "'mean' has the shape (1, 3), and the model needs (3,)"));
  CHECK(contains(refusal([&] { save_parameters(f / "s", m.recording, {{1, 2}, {}}); }), "2 numbers"));
}

TEST_CASE("a masked entry that is not zero, and one that is not finite, are refused with their index") {
  const folder f;
  const model m;
  const auto says = [&](std::size_t entry, double value) {
    auto bad = good;
    bad[entry] = value;
    save_parameters(f / "p", m.recording, {bad, {}});
    return refusal([&] { load_parameters(f / "p", m.recording); });
  };
  CHECK(contains(says(4, 0.5), "'net.weight' is not zero at [0, 1]"));
  CHECK(contains(says(8, 1e-30), "'net.readout' is not zero at [0, 0, 1]"));
  CHECK(contains(says(2, std::numeric_limits<double>::infinity()), "'mean' is not finite at [2]"));
  CHECK(says(5, 0).empty());
  CHECK(entry_name(m.recording, 10) == "net.readout[1, 0, 1]");
  CHECK(entry_name(m.recording, 6) == "net.weight[1, 1]");
}

TEST_CASE("of a checkpoint, the best parameters are read") {
  const folder f;
  const model m;
  auto better = good;
  better[0] = 42;
  safetensors content;
  content.metadata["checkpoint"] = "1";
  append_parameters(content, "", m.recording, good.data());
  append_parameters(content, "optimiser.first.", m.recording, good.data());
  write_safetensors(f / "c", content);
  CHECK(load_parameters(f / "c", m.recording).values == good);
  append_parameters(content, "best.", m.recording, better.data());
  write_safetensors(f / "c", content);
  CHECK(load_parameters(f / "c", m.recording).values == better);
  content.metadata.clear();
  write_safetensors(f / "c", content);
  CHECK(contains(refusal([&] { load_parameters(f / "c", m.recording); }), "no tensors"));
}
