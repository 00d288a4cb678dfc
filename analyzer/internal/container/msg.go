package container

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/richardlehane/mscfb"
	"golang.org/x/text/encoding/unicode"
)

// A mail saved by Outlook is a compound file, as old Word files are: MS-CFB. It holds a stream for each property of the mail, and a storage, which
// is like a folder, for each attached file: MS-OXMSG, section 2.2. The properties, by MS-OXPROPS, with the type of their value:
const (
	msgProperties = "__properties_version1.0"
	msgAttachment = "__attach_version1.0_#"
	msgBody       = "__substg1.0_1000001F" // UTF-16
	msgData       = "__substg1.0_37010102"
	msgLongName   = "__substg1.0_3707001F"
	msgShortName  = "__substg1.0_3704001F"
)

const (
	compoundMagic = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
	// maxCompound bounds what is read of a compound file's tables and directory: the library keeps the way to each of its entries, which are 128
	// bytes each, and they may lie in each other. A mail with 50 attached files has a thousand.
	maxCompound = 512 << 10
	maxMsgName  = 1024 // bytes of UTF-16
)

// compound walks a compound file if it is a mail.
func (w *walker) compound(m *Member, r io.Reader, in input) error {
	m.Format = "mail"
	return w.seekable(m, r, in, func(a *archive) (func() error, error) {
		z, err := w.openCompound(a)
		if ctxErr := w.ctx.Err(); ctxErr != nil {
			return nil, ctxErr
		}
		if _, isMail := find(a, utf16Text(msgProperties), 0, a.size); !isMail {
			m.Format = "office document"
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("open mail: %w: it is damaged; ask for a new upload", err)
		}
		return func() error {
			w.msgParts(a, z)
			return nil
		}, nil
	})
}

func (w *walker) openCompound(a *archive) (z *mscfb.Reader, err error) {
	defer caught(&err)
	tooMany := errors.New("it has more parts than are read")
	at := &meteredAt{meter: &meter{walker: w}, r: a.file, limit: maxCompound, err: tooMany}
	z, err = mscfb.New(at)
	at.limit = 0
	return z, err
}

func utf16Text(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteByte(s[i])
		b.WriteByte(0)
	}
	return b.String()
}

// msgParts walks what is attached to the mail, and to mails attached to it, and their texts.
func (w *walker) msgParts(a *archive, z *mscfb.Reader) {
	names := make(map[string]string) // of attached files, by their storage
	for _, f := range z.File {
		storage := strings.Join(f.Path, "/")
		if f.Name == msgLongName || f.Name == msgShortName && names[storage] == "" {
			names[storage] = msgText(f)
		}
	}
	waiting := w.waitingRoom(a.Member)
	defer waiting.leave()
	texts := 0
	for i, f := range z.File {
		if w.full() || w.ctx.Err() != nil {
			return
		}
		parent := ""
		if len(f.Path) > 0 {
			parent = f.Path[len(f.Path)-1]
		}
		var r io.Reader = f
		name := names[strings.Join(f.Path, "/")]
		switch {
		case f.FileInfo().IsDir():
			continue
		case f.Name == msgBody && !strings.HasPrefix(parent, msgAttachment):
			texts++
			name = fmt.Sprintf("text %d", texts)
			r = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder().Reader(f)
		case f.Name == msgData && strings.HasPrefix(parent, msgAttachment):
			if name == "" {
				name = fmt.Sprintf("part %d", i)
			}
		default:
			continue
		}
		m := &Member{Name: a.Name + "!/" + displayName(name, true), Depth: a.Depth + 1}
		start := a.used.n
		in := input{layer: &layer{r: &decoder{r, "mail", a.used}, packed: func() int64 { return a.used.n - start }}, depth: m.Depth}
		waiting.member(m, in)
	}
}

// msgText reads a property that is a text; what is damaged gives less.
func msgText(f *mscfb.File) string {
	var err error
	defer caught(&err)
	b, _ := io.ReadAll(io.LimitReader(f, maxMsgName))
	s, _ := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder().Bytes(b)
	return strings.TrimRight(string(s), "\x00")
}
