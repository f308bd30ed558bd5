# Sourced. What dpkg knows of, and what the maintainer scripts and the service may have left.
what_is_left() {
  find /etc /usr /var/lib /var/log /run -xdev -depth -name '*triloop*' -not -path '*/dpkg/*' \
    -not -path '*/apt/*' -not -path "$PWD/*" 2>/dev/null
}
nothing_is_left() {
  local left
  left=$(what_is_left)
  [[ -z $left ]] || { echo "$left"; return 1; }
}
