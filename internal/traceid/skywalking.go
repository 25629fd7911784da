// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

// parseSkyWalking reads what the SkyWalking agent for Java makes, uuid.thread.sequence, where the
// first part has n hex digits.
func parseSkyWalking(v string, n int) (Context, bool) {
	id, ok := foldSkyWalking(v, n, 0)
	return Context{TraceID: id, Format: FormatSkyWalking, NonRandom: true}, ok
}

// foldSkyWalking maps the id in three parts to 16 bytes as the Collector's skywalking receiver
// maps those of the spans, else logs and spans would not meet: the thread is folded into bytes 4 to
// 7 of the uuid, the sequence (a time and a counter) into the last 8, lowest byte first. The uuid
// belongs to the process; only the sequence changes from one id to the next, so nothing in
// the low bits is random.
func foldSkyWalking(v string, n int, extra uint32) (ID, bool) {
	if n != 32 {
		return ID{}, false
	}
	id, ok := hexID(v[:32])
	for i := range 4 {
		id[i] ^= byte(extra >> (8 * i))
	}
	if len(v) == 32 {
		return id, ok
	}
	threadText, sequenceText := cut(v[33:], '.')
	thread, ok1 := decimalUint(threadText)
	sequence, ok2 := decimalUint(sequenceText)
	for i := range 4 {
		id[4+i] ^= byte(thread >> (8 * i))
	}
	for i := range 8 {
		id[8+i] ^= byte(sequence >> (8 * i))
	}
	return id, ok && v[32] == '.' && ok1 && ok2
}
