package ingress

import (
	"net"
	"net/netip"
	"strings"

	"github.com/gin-gonic/gin"
)

// Caller is the address of whoever makes a request, as a trusted proxy says or as it is
// connected. For IPv6 it is the /64 network, because one customer of a provider has all of
// it.
func Caller(c *gin.Context) string {
	ip, err := netip.ParseAddr(c.ClientIP())
	if err != nil {
		return c.ClientIP()
	}
	return network(ip).String()
}

// network is an address, or for IPv6 its /64 network.
func network(ip netip.Addr) netip.Addr {
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return ip
	}
	block, err := ip.Prefix(64)
	if err != nil {
		return ip
	}
	return block.Addr()
}

// peer is the address at the other end of a connection; the zero one if it has none.
func peer(a net.Addr) netip.Addr {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	return tcp.AddrPort().Addr().Unmap()
}

// prefixes are the networks of [Config.TrustedProxies], which were checked before.
func prefixes(proxies []string) []netip.Prefix {
	var all []netip.Prefix
	for _, one := range proxies {
		if !strings.Contains(one, "/") {
			if ip, err := netip.ParseAddr(one); err == nil {
				all = append(all, netip.PrefixFrom(ip, ip.BitLen()))
			}
			continue
		}
		if network, err := netip.ParsePrefix(one); err == nil {
			all = append(all, network)
		}
	}
	return all
}

func trusted(proxies []netip.Prefix, ip netip.Addr) bool {
	for _, network := range proxies {
		if network.Contains(ip.WithZone("")) {
			return true
		}
	}
	return false
}

// suspectProxy says once in the log that a header which only a proxy sends came from an
// address that is not a trusted one's: then all people behind it share one limit.
func (m *manners) suspectProxy(c *gin.Context) {
	if c.GetHeader("X-Forwarded-For") == "" {
		return
	}
	ip, err := netip.ParseAddr(c.RemoteIP())
	if err != nil || trusted(m.proxies, ip.Unmap()) {
		return
	}
	m.suspected.Do(func() {
		m.log.Warn("a request has X-Forwarded-For, and its sender is not a trusted proxy: the header is ignored. If the ingress is behind a proxy, set WAYBILL_TRUSTED_PROXIES to its address, because limits count all people behind it as one",
			"setting", "WAYBILL_TRUSTED_PROXIES")
	})
}
