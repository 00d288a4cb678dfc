package container

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// This file tells archives that came in parts: mail systems and portals take no large files.

// VolumeSet is the parts of one archive.
type VolumeSet struct {
	Name    string // of the archive
	Parts   []int  // which of the names are its parts, in order
	Missing int    // the number of the first part that is not there, from 1; 0: none that shows
}

var (
	numbered = regexp.MustCompile(`(?i)^(.+\.(?:zip|7z|rar|tar|tgz|gz|bz2|tbz2?|xz|txz|zst|lz4))\.(\d{3})$`) // 7-Zip, split
	newRAR   = regexp.MustCompile(`(?i)^(.+)\.part(\d{1,5})\.rar$`)
	oldRAR   = regexp.MustCompile(`(?i)^(.+)\.([r-y])(\d\d)$`) // behind .rar
	splitZip = regexp.MustCompile(`(?i)^(.+)\.z(\d\d)$`)       // before .zip
)

// volumeOf tells of which archive a file is which part, by its name. A letter keeps the kinds of parts apart.
func volumeOf(name string) (kind byte, archive string, number int) {
	if m := numbered.FindStringSubmatch(name); m != nil {
		number, _ = strconv.Atoi(m[2])
		return 'n', m[1], number
	}
	if m := newRAR.FindStringSubmatch(name); m != nil {
		number, _ = strconv.Atoi(m[2])
		return 'p', m[1] + ".rar", number
	}
	if m := splitZip.FindStringSubmatch(name); m != nil {
		number, _ = strconv.Atoi(m[2])
		return 'z', m[1] + ".zip", number
	}
	if m := oldRAR.FindStringSubmatch(name); m != nil {
		number, _ = strconv.Atoi(m[3])
		return 'r', m[1] + ".rar", 100*int(strings.ToLower(m[2])[0]-'r') + number + 2
	}
	return 0, "", 0
}

// VolumeSets finds archives in parts among files by their names, which are told apart without regard to case: x.7z.001, x.part1.rar, x.rar with x.r00,
// x.z01 with x.zip. A set of one part is among them only if its name shows that others are missing.
func VolumeSets(names []string) []VolumeSet {
	type set struct {
		VolumeSet
		kind   byte
		number map[int]int // index of the name by the part's number
		twice  bool
	}
	sets := make(map[string]*set)
	var order []*set
	whole := make(map[string]int)
	for i, name := range names {
		kind, archive, number := volumeOf(name)
		if kind == 0 || number == 0 {
			whole[strings.ToLower(name)] = i
			continue
		}
		key := string(kind) + strings.ToLower(archive)
		s := sets[key]
		if s == nil {
			s = &set{VolumeSet: VolumeSet{Name: archive}, kind: kind, number: make(map[int]int)}
			sets[key], order = s, append(order, s)
		}
		_, seen := s.number[number]
		s.twice = s.twice || seen
		s.number[number] = i
	}
	var found []VolumeSet
	for _, s := range order {
		last := 0
		for n := range s.number {
			last = max(last, n)
		}
		if i, ok := whole[strings.ToLower(s.Name)]; ok && s.kind == 'r' {
			s.number[1] = i
		} else if s.kind == 'z' {
			if last++; ok {
				s.number[last] = i
			}
		}
		for n := 1; n <= last && s.Missing == 0; n++ {
			if i, ok := s.number[n]; ok {
				s.Parts = append(s.Parts, i)
			} else {
				s.Missing = n
			}
		}
		if s.twice || s.Missing == 0 && len(s.Parts) < 2 || last == 0 {
			continue // nobody can tell what belongs together, or it is all in one
		}
		if s.Missing > 0 {
			s.Parts = slices.Sorted(func(yield func(int) bool) {
				for _, i := range s.number {
					if !yield(i) {
						return
					}
				}
			})
		}
		found = append(found, s.VolumeSet)
	}
	return found
}
