// Where freed memory stays during a schedule.
#pragma once

namespace explore {

/// From now on what is freed stays, overwritten, until clear_graveyard().
void open_graveyard();
void clear_graveyard();

}  // namespace explore
