// training/train_settings.hpp: the options of a training run as text, and what is wrong with them.
#pragma once
#include <string>
#include <vector>

#include <dimwise/training/train.hpp>

namespace dimwise {

/// Everything that changes the digits of a run, by name, as JSON.
std::string settings_of(const train_options& o, const std::vector<stage_entry>& stages, const table& recording,
                        const char* precision);

/// What differs between two texts of settings_of, as one sentence.
std::string setting_differences(const std::string& before, const std::string& after);

/// Throws `error` where an option or a stage's number makes no sense.
void require_sensible(const train_options& o, const std::vector<stage_entry>& stages, const table& recording);

}  // namespace dimwise
