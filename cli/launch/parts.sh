# `./gantry test --part K/N`: the test files of one of N parts of the suite, for lanes side by side. The same files make
# the same parts on every machine, and each file is in one of them.

# Heavy files are dealt first, each to the part that has the least to do yet.
# in: K/N, the file that says which take long, and the test files as lines of stdin; out: the part's files by name
files_of_part() {
  awk '
    NR == FNR { if ($1 ~ /^[0-9]+$/) seconds[$2] = $1; next }
    { printf "%d %s\n", ($0 in seconds ? seconds[$0] : 1), $0 }' "$2" - | LC_ALL=C sort -k1,1nr -k2 |
    awk -v part="${1%/*}" -v parts="${1#*/}" '{
      least = 1
      for (each = 2; each <= parts; each++) if (sum[each] + 0 < sum[least] + 0) least = each
      sum[least] += $1
      if (least == part) print $2
    }' | LC_ALL=C sort
}

# Refuses what is no part. in: K/N
demand_part() {
  [[ $1 =~ ^([1-9])/([1-9])$ ]] && ((BASH_REMATCH[1] <= BASH_REMATCH[2])) ||
    fail "'$1' is no part of the suite: --part takes K/N, as 1/2 and 2/2"
}
