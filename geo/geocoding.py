"""Positions of addresses, asked of a public or company geocoder; results are WGS-84."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from geopy.exc import (
    GeocoderAuthenticationFailure,
    GeocoderInsufficientPrivileges,
    GeocoderParseError,
    GeocoderQueryError,
    GeocoderQuotaExceeded,
    GeopyError,
)
from geopy.extra.rate_limiter import RateLimiter
from geopy.geocoders import BaiduV3, Nominatim

from core.errors import mark
from geo.datum import Datum, to_wgs84
from geo.point import Point, coordinate_problem

Provider = Literal["none", "nominatim", "baidu"]

_NOMINATIM_URL = "https://nominatim.openstreetmap.org"
_BAIDU_URL = "https://api.map.baidu.com"

# Nominatim ranks streets 26 and 27, houses and points of interest 28 and more.
_NOMINATIM_HOUSE_RANK = 28


@dataclass(frozen=True, slots=True)
class GeocodeResult:
    """Where an address lies, as a geocoder says.

    Parameters
    ----------
    point : Point
    label : str
        The place found, in the provider's words: a whole address or only its kind.
    is_precise : bool
        Whether the house was found, not merely its street or district.
    provider : str
        Who said so.
    datum : Datum
        What the provider's answer was in before conversion.
    """

    point: Point
    label: str
    is_precise: bool
    provider: str
    datum: Datum


Geocoder = Callable[[str], GeocodeResult | None]
"""Returns the place of an address, None if the provider knows none; raises GeocodingUnavailable."""


class GeocodingUnavailable(Exception):
    """The geocoder gave no usable answer; the message is a sentence saying why.

    Parameters
    ----------
    reason : {"key", "quota", "refused", "down", "nonsense"}
        Only "refused" speaks of this one address; after the others every address will fare alike.
    """

    def __init__(self, reason: Literal["key", "quota", "refused", "down", "nonsense"]) -> None:
        super().__init__(_SENTENCES[reason])
        self.reason = reason


_SENTENCES = {
    "key": mark("The geocoder refuses the key: check the key and what it is allowed to do."),
    "quota": mark("The geocoder's quota is used up or it is asked too fast: try again later."),
    "refused": mark("The geocoder refuses the question: check the address."),
    "down": mark("The geocoder does not answer: try again later."),
    "nonsense": mark("The geocoder's answer could not be understood: check its address in the settings."),
}


class _Baidu(BaiduV3):  # type: ignore[misc]
    def __init__(self, base_url: str, **options: Any) -> None:
        super().__init__(**options)
        self.api = base_url + self.api_path

    def _parse_json(self, page: Any, exactly_one: bool = True) -> Any:
        # An address it cannot find comes with the status of an internal error.
        if page.get("status") == 1 and "无相关结果" in str(page.get("msg") or page.get("message")):
            return None
        if page.get("status") == 5:
            raise GeocoderAuthenticationFailure("AK illegal or not existing")
        return super()._parse_json(page, exactly_one)


def make_geocoder(
    provider: Provider,
    key: str = "",
    *,
    user_agent: str = "paidan",
    base_url: str = "",
    timeout_s: float = 5.0,
    min_delay_s: float = 1.0,
) -> Geocoder | None:
    """Return a function that finds addresses, or None where geocoding is switched off.

    Parameters
    ----------
    provider : {"none", "nominatim", "baidu"}
    key : str
        Baidu's access key (AK).
    user_agent : str
        Who is asking; Nominatim's policy wants a name that says so.
    base_url : str
        Another server of the same kind, such as a company's own Nominatim.
    timeout_s : float
        Longest wait for one answer [s].
    min_delay_s : float
        Shortest time between two questions of this process; a call waits its turn [s]. Nominatim's
        public server allows one a second.

    Raises
    ------
    ValueError
        If the provider is unknown, its key is missing or the address is not one of the web.
    """
    if provider == "none":
        return None
    if base_url and not base_url.startswith(("http://", "https://")):
        raise ValueError(f"the geocoder's address {base_url!r} must start with http:// or https://")
    scheme, _, domain = (base_url or _NOMINATIM_URL).rstrip("/").partition("://")
    if provider == "nominatim":
        source = Nominatim(domain=domain, scheme=scheme, user_agent=user_agent, timeout=timeout_s)
        datum, read_precision = Datum.WGS84, _is_house
    elif provider == "baidu":
        if not key:
            raise ValueError("Baidu's geocoder needs an access key (AK)")
        source = _Baidu(
            (base_url or _BAIDU_URL).rstrip("/"), api_key=key, user_agent=user_agent, timeout=timeout_s
        )
        datum, read_precision = Datum.BD09, _is_exact
    else:
        raise ValueError(f"unknown geocoder {provider!r}: use none, nominatim or baidu")
    ask = RateLimiter(
        source.geocode,
        min_delay_seconds=min_delay_s,
        error_wait_seconds=min_delay_s,
        max_retries=0,
        swallow_exceptions=False,
    )

    def geocode(address: str) -> GeocodeResult | None:
        if not address.strip():
            return None
        # "from None": the provider's errors quote its address with the key in it.
        try:
            found = ask(address.strip())
            if found is None:
                return None
            # An answer without coordinates reads as 0, 0.
            if coordinate_problem(found.latitude, found.longitude) is not None:
                raise GeocodingUnavailable("nonsense")
            point = to_wgs84(found.latitude, found.longitude, datum)
            return GeocodeResult(point, str(found.address or ""), read_precision(found.raw), provider, datum)
        except (GeocoderAuthenticationFailure, GeocoderInsufficientPrivileges):
            raise GeocodingUnavailable("key") from None
        except GeocoderQuotaExceeded:
            raise GeocodingUnavailable("quota") from None
        except GeocoderQueryError:
            raise GeocodingUnavailable("refused") from None
        except GeocoderParseError:
            raise GeocodingUnavailable("nonsense") from None
        except GeopyError:
            raise GeocodingUnavailable("down") from None
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            raise GeocodingUnavailable("nonsense") from None

    return geocode


def _is_house(raw: dict[str, Any]) -> bool:
    return int(raw.get("place_rank") or 0) >= _NOMINATIM_HOUSE_RANK


def _is_exact(raw: dict[str, Any]) -> bool:
    return raw.get("precise") == 1
