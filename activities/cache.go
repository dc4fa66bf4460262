package activities

import (
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// cache remembers answers for a while. After a question without an answer it does not
// ask again for a shorter while, and until then the last answer is better than none.
type cache[K comparable, V any] struct {
	answers      *lru.Cache[K, remembered[V]]
	kept, missed time.Duration
}

// remembered is the last answer, and how long it is not asked for again.
type remembered[V any] struct {
	answer V
	until  time.Time
}

// newCache remembers at most size answers.
func newCache[K comparable, V any](size int, kept, missed time.Duration) *cache[K, V] {
	answers, err := lru.New[K, remembered[V]](size)
	if err != nil {
		panic(err) // only a size of 0 is an error
	}
	return &cache[K, V]{answers, kept, missed}
}

// get is the answer for a key: remembered, or what ask says.
func (c *cache[K, V]) get(key K, ask func() (V, bool)) V {
	last, _ := c.answers.Get(key)
	if time.Now().Before(last.until) {
		return last.answer
	}
	if answer, ok := ask(); ok {
		c.answers.Add(key, remembered[V]{answer, time.Now().Add(c.kept)})
		return answer
	}
	last, _ = c.answers.Get(key) // somebody else may have had an answer meanwhile
	c.answers.Add(key, remembered[V]{last.answer, time.Now().Add(c.missed)})
	return last.answer
}

// known is the last answer for a key, without asking; nothing if there is none.
func (c *cache[K, V]) known(key K) V {
	last, _ := c.answers.Get(key)
	return last.answer
}

// amend replaces the last answer, for as long as that would have been kept.
func (c *cache[K, V]) amend(key K, answer V) {
	last, _ := c.answers.Get(key)
	c.answers.Add(key, remembered[V]{answer, last.until})
}
