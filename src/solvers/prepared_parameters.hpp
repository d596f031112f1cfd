// solvers/prepared_parameters.hpp: parameters in the order in which a kernel reads them for few samples, made once for a solve.
#pragma once
#include <dimwise/core/aligned.hpp>
#include <dimwise/kernel/compiled_model.hpp>

namespace dimwise::detail {

/// The memory stays from solve to solve; its content belongs to one, since parameters may change in between.
template <class T>
class prepared_parameters {
 public:
  /// For calls of `kernel` with these parameters that follow. few: whether some calls have fewer samples than a vector holds, or
  /// a remainder of so many.
  void prepare(const kernel_interface<T>& kernel, const T* parameters, bool few) {
    size_ = few ? kernel.prepared_size() : 0;
    if (size_ == 0) return;
    if (values_.size() < size_) values_.resize(size_);
    kernel.prepare(parameters, values_.data());
  }
  /// For arguments::prepared.
  const T* data() const { return size_ ? values_.data() : nullptr; }

 private:
  aligned_vector<T> values_;
  std::size_t size_ = 0;
};

}  // namespace dimwise::detail
