"""Named arrays that kernels are handed as one pointer.

numba passes a tuple of arrays as some ten numbers an array to every kernel it calls, which takes longer
than many a kernel. Of a bundle it passes where a list of addresses and shapes lies; a kernel loads from
there what it uses. To Python, and to kernels that are not compiled, a bundle is its arrays.
"""

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any
from zlib import crc32

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    lower_getattr_generic,
    models,
    register_model,
    unbox,
)

_WORD = ir.IntType(64)


class BundleType(types.Type):
    """The type of a bundle in kernels: its fields' names and types."""

    def __init__(self, members: tuple[tuple[str, types.Array], ...]) -> None:
        self.members = members
        super().__init__(name=f"Bundle{crc32(repr(members).encode()):08x}")

    def at(self, name: str) -> tuple[int, types.Array]:
        """Return the word at which a field begins, and its type."""
        word = 0
        for member, kind in self.members:
            if member == name:
                return word, kind
            word += 1 + kind.ndim
        raise AttributeError(name)


register_model(BundleType)(models.OpaqueModel)


@unbox(BundleType)
def _unbox(kind: BundleType, bundle: Any, c: Any) -> NativeValue:
    address = c.pyapi.object_getattr_string(bundle, "address")
    word = c.pyapi.long_as_longlong(address)
    c.pyapi.decref(address)
    pointer = c.builder.inttoptr(word, c.context.get_value_type(kind))
    return NativeValue(pointer, is_error=cgutils.is_not_null(c.builder, c.pyapi.err_occurred()))


@infer_getattr
class _Attributes(AttributeTemplate):
    key = BundleType

    def generic_resolve(self, kind, name):
        return kind.at(name)[1]


@lower_getattr_generic(BundleType)
def _array(context: Any, builder: Any, kind: BundleType, pointer: Any, name: str) -> Any:
    first, member = kind.at(name)
    words = builder.bitcast(pointer, _WORD.as_pointer())

    def load(number: int) -> Any:
        word = builder.load(builder.gep(words, [ir.Constant(_WORD, first + number)]))
        # The list never changes while a bundle lives: it need not be read again after a write.
        word.set_metadata("invariant.load", builder.module.add_metadata([]))
        return word

    array = context.make_array(member)(context, builder)
    shape = [load(1 + axis) for axis in range(member.ndim)]
    item_s = context.get_abi_sizeof(context.get_data_type(member.dtype))
    strides, step = [], ir.Constant(_WORD, item_s)
    for length in reversed(shape):
        strides.append(step)
        step = builder.mul(step, length)
    array.data = builder.inttoptr(load(0), context.get_data_type(member.dtype).as_pointer())
    array.shape = cgutils.pack_array(builder, shape, _WORD)
    array.strides = cgutils.pack_array(builder, strides[::-1], _WORD)
    array.itemsize = ir.Constant(_WORD, item_s)
    array.nitems = builder.udiv(step, ir.Constant(_WORD, item_s))
    array.meminfo = cgutils.get_null_value(array.meminfo.type)
    array.parent = cgutils.get_null_value(array.parent.type)
    return array._getvalue()


@lru_cache
def _type_of(*members: tuple[str, "np.dtype[Any]", int, bool]) -> BundleType:
    """Return the type of a bundle by name, dtype, dimensions and writeability of its arrays."""
    return BundleType(
        tuple(
            (name, types.Array(numba.from_dtype(dtype), dimensions, "C", readonly=not writeable))
            for name, dtype, dimensions, writeable in members
        )
    )


@dataclass(frozen=True)
class Bundle:
    """Base of dataclasses whose fields are arrays, C-contiguous, that stay where they are."""

    def __post_init__(self) -> None:
        words, members = [], []
        for name, array in list(vars(self).items()):
            if not array.flags.c_contiguous:
                raise ValueError(f"{name} must be contiguous")
            words += [array.ctypes.data, *array.shape]
            members.append((name, array.dtype, array.ndim, array.flags.writeable))
        self.__dict__["_words"] = np.array(words, dtype=np.int64)
        self.__dict__["address"] = int(self.__dict__["_words"].ctypes.data)
        self.__dict__["_numba_type_"] = _type_of(*members)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, field.name) for field in fields(self))
