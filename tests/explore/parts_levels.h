// The scenarios of levels that play the queue and the latch that ship, or a mistake in one of them.
#pragma once

namespace explore {

void ships_closed();
void ships_latch();
void ships_lane();
void latch_without_its_flag();
void urgent_lane_starves_the_other();

}  // namespace explore
