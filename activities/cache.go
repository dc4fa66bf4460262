package activities

import (
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/hashicorp/golang-lru/v2/expirable"
)

// cache remembers answers for a while. It does not ask again soon after asking
// failed, and until then the last answer is better than none.
type cache[K comparable, V any] struct {
	fresh  *expirable.LRU[K, V]
	missed *expirable.LRU[K, struct{}]
	last   *lru.Cache[K, V]
}

// newCache remembers at most size answers: each for kept, and that there was none
// for missed.
func newCache[K comparable, V any](size int, kept, missed time.Duration) *cache[K, V] {
	last, err := lru.New[K, V](size)
	if err != nil {
		panic(err) // only a size of 0 is an error
	}
	return &cache[K, V]{
		fresh: expirable.NewLRU[K, V](size, nil, kept), missed: expirable.NewLRU[K, struct{}](size, nil, missed), last: last,
	}
}

// get is the answer for a key: remembered, or what ask says. Without an answer it
// is the last one, or nothing.
func (c *cache[K, V]) get(key K, ask func() (V, bool)) V {
	if known, ok := c.fresh.Get(key); ok {
		return known
	}
	if _, ok := c.missed.Get(key); !ok {
		if told, ok := ask(); ok {
			c.put(key, told)
			return told
		}
		c.missed.Add(key, struct{}{})
	}
	return c.known(key)
}

// known is the last answer for a key, without asking; nothing if there is none.
func (c *cache[K, V]) known(key K) V {
	known, _ := c.last.Get(key)
	return known
}

// put remembers an answer.
func (c *cache[K, V]) put(key K, answer V) {
	c.fresh.Add(key, answer)
	c.last.Add(key, answer)
}
