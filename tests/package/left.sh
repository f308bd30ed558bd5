# Sourced. What dpkg knows of, and what the maintainer scripts and the service may have left.
nothing_is_left() {
  local left
  left=$(find /etc /usr /var/lib /var/log /run -xdev -name '*triloop*' -not -path '*/dpkg/*' \
    -not -path '*/apt/*' -not -path "$PWD/*" 2>/dev/null)
  [[ -z $left ]] || { echo "$left"; return 1; }
}
