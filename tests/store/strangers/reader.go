// Reads a published log with the note and tlog packages of golang.org/x/mod, which the checksum database of Go's own
// modules is read with, and prints what it found as JSON. Arguments: the log's folder, its verifier key, and a folder
// of proofs made by the log: inclusion-INDEX, consistency-SIZE, proof-INDEX.tlog-proof.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type findings struct {
	Size                                                  int64
	Unverified, Leaves, Inclusion, Consistency, Proofs    int
	Proved, RefusedNotes, RefusedInclusion, RefusedProofs int
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(parts ...string) []byte {
	data, err := os.ReadFile(filepath.Join(parts...))
	must(err)
	return data
}

// head returns size and root of a checkpoint whose signature holds.
func head(signed []byte, verifiers note.Verifiers) (tlog.Tree, int, error) {
	opened, err := note.Open(signed, verifiers)
	if err != nil {
		return tlog.Tree{}, 0, err
	}
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, 0, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, len(opened.UnverifiedSigs), err
}

// tiles reads tiles as C2SP lays them out: without the height that Go's own paths begin with.
type tiles struct{ folder string }

func (t tiles) Height() int { return 8 }

func (t tiles) ReadTiles(wanted []tlog.Tile) (data [][]byte, err error) {
	for _, tile := range wanted {
		data = append(data, read(t.folder, strings.Replace(tile.Path(), "tile/8/", "tile/", 1)))
	}
	return data, nil
}

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func hashes(lines []string) (result []tlog.Hash) {
	for _, line := range lines {
		if line == "" {
			continue
		}
		hash, err := tlog.ParseHash(line)
		must(err)
		result = append(result, hash)
	}
	return result
}

// flipped returns data with one bit of each byte turned, one copy for each byte.
func flipped(data []byte, try func([]byte)) {
	for i := range data {
		altered := append([]byte(nil), data...)
		altered[i] ^= 1 << (i % 8)
		try(altered)
	}
}

func main() {
	folder, proofs := os.Args[1], os.Args[3]
	verifier, err := note.NewVerifier(os.Args[2])
	must(err)
	known := note.VerifierList(verifier)
	checkpoint := read(folder, "checkpoint")
	tree, unverified, err := head(checkpoint, known)
	must(err)
	found := findings{Size: tree.N, Unverified: unverified}

	// The note: no byte of text and of the log's own line can be turned.
	end := strings.Index(string(checkpoint), "\n\n") + 2
	end += strings.Index(string(checkpoint[end:]), "\n") + 1
	flipped(checkpoint[:end], func(altered []byte) {
		if _, _, err := head(altered, known); err != nil {
			found.RefusedNotes++
		}
	})

	// The leaves: hashed from the entry bundles, they are those that the tiles prove under the root.
	reader := tlog.TileHashReader(tree, tiles{folder})
	for start := int64(0); start < tree.N; start += 256 {
		tile := tlog.Tile{H: 8, L: 0, N: start / 256, W: int(min(256, tree.N-start))}
		bundle := read(folder, strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1))
		for n := start; len(bundle) > 0; n++ {
			length := int(binary.BigEndian.Uint16(bundle))
			hash := tlog.RecordHash(bundle[2 : 2+length])
			bundle = bundle[2+length:]
			proof, err := tlog.ProveRecord(tree.N, n, reader)
			must(err)
			must(tlog.CheckRecord(proof, tree.N, tree.Hash, n, hash))
			found.Leaves++
		}
	}

	// Proofs that the log made, in our order of hashes.
	names, err := os.ReadDir(proofs)
	must(err)
	for _, entry := range names {
		kind, rest, _ := strings.Cut(entry.Name(), "-")
		text := string(read(proofs, entry.Name()))
		number, _ := strconv.ParseInt(strings.TrimSuffix(rest, ".tlog-proof"), 10, 64)
		switch kind {
		case "inclusion":
			lines := strings.Split(text, "\n")
			leaf, err := tlog.ParseHash(lines[0])
			must(err)
			path := tlog.RecordProof(hashes(lines[1:]))
			must(tlog.CheckRecord(path, tree.N, tree.Hash, number, leaf))
			found.Inclusion++
			leaf[number%32] ^= 1
			if tlog.CheckRecord(path, tree.N, tree.Hash, number, leaf) != nil {
				found.RefusedInclusion++
			}
		case "consistency":
			lines := strings.Split(text, "\n")
			old, err := tlog.ParseHash(lines[0])
			must(err)
			path := tlog.TreeProof(hashes(lines[1:]))
			must(tlog.CheckTree(path, tree.N, tree.Hash, number, old))
			found.Consistency++
			old[0] ^= 1
			if tlog.CheckTree(path, tree.N, tree.Hash, number, old) != nil {
				found.RefusedProofs++
			}
		case "proof":
			found.Proofs++
			top, signed, _ := strings.Cut(text, "\n\n")
			lines := strings.Split(top, "\n")
			under, _, err := head([]byte(signed), known)
			must(err)
			leaf, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
			must(err)
			index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
			must(err)
			if index == number && lines[0] == "c2sp.org/tlog-proof@v1" {
				must(tlog.CheckRecord(hashes(lines[3:]), under.N, under.Hash, index, tlog.RecordHash(leaf)))
				found.Proved++
			}
		}
	}
	must(json.NewEncoder(os.Stdout).Encode(found))
}
