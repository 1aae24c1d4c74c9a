"""What every API route shares. Only what REST_FRAMEWORK may name is imported here: no views."""

from ordermgmt.api.answers import NewestFirst, StrictSerializer, amount, answer_once
from ordermgmt.api.keys import SCOPES, ApiKeyAuthentication, ClientThrottle, HasScope, client_of, hash_of
from ordermgmt.api.strict import StrictJSONParser, body_of, strict_json

__all__ = [
    "SCOPES",
    "ApiKeyAuthentication",
    "ClientThrottle",
    "HasScope",
    "NewestFirst",
    "StrictJSONParser",
    "StrictSerializer",
    "amount",
    "answer_once",
    "body_of",
    "client_of",
    "hash_of",
    "strict_json",
]
