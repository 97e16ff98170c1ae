//! Plain `Debug` of an error is its text, because that is what a `main` that returns an error prints. `{:#?}` is what
//! `derive(Debug)` would write.

/// Defines an error type and what `derive(Debug)` would write for it. Its `Debug` is left to [`debug_as_text`].
///
/// [`debug_as_text`]: crate::debug_as_text
#[doc(hidden)]
#[macro_export]
macro_rules! with_structure {
    (
        $(#[$meta:meta])* $vis:vis enum $name:ident {
            $(
                $(#[$about:meta])* $variant:ident
                $( ( $(#[$inner:meta])* $type:ty ) )?
                $( { $( $(#[$note:meta])* $field:ident : $of:ty ),* $(,)? } )?
            ),* $(,)?
        }
    ) => {
        $(#[$meta])* $vis enum $name {
            $(
                $(#[$about])* $variant
                $( ( $(#[$inner])* $type ) )?
                $( { $( $(#[$note])* $field : $of ),* } )?
            ),*
        }
        impl $name {
            #[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature of `Debug::fmt`")]
            pub(crate) fn structure(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match self {
                    $(
                        Self::$variant
                        $( ( $crate::with_structure!(@bind value $type) ) )?
                        $( { $( $field ),* } )?
                        => $crate::with_structure!(@show f $variant $( ( value $type ) )? $( { $($field)* } )?)
                    ),*
                }
            }
        }
    };
    (
        $(#[$meta:meta])* $vis:vis struct $name:ident {
            $( $(#[$note:meta])* $open:vis $field:ident : $of:ty ),* $(,)?
        }
    ) => {
        $(#[$meta])* $vis struct $name {
            $( $(#[$note])* $open $field : $of ),*
        }
        impl $name {
            #[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature of `Debug::fmt`")]
            pub(crate) fn structure(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(stringify!($name))$( .field(stringify!($field), &self.$field) )*.finish()
            }
        }
    };
    (@bind $name:ident $type:ty) => { $name };
    (@show $f:ident $variant:ident) => { $f.write_str(stringify!($variant)) };
    (@show $f:ident $variant:ident ( $value:ident $type:ty )) => {
        $f.debug_tuple(stringify!($variant)).field($value).finish()
    };
    (@show $f:ident $variant:ident { $($field:ident)* }) => {
        $f.debug_struct(stringify!($variant))$( .field(stringify!($field), $field) )*.finish()
    };
}

/// `Debug` of errors that [`with_structure`] defines: the text and, after `=>`, the number; the structure under `{:#?}`.
///
/// [`with_structure`]: crate::with_structure
#[doc(hidden)]
#[macro_export]
macro_rules! debug_as_text {
    ($($name:ty $(=> $code:expr)?),+ $(,)?) => {
        $(
            impl ::core::fmt::Debug for $name {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    if f.alternate() {
                        return self.structure(f);
                    }
                    ::core::write!(f, "\"{self}\"")?;
                    $( ::core::write!(f, " ({})", ($code)(self).as_i32())?; )?
                    Ok(())
                }
            }
        )+
    };
}

pub(crate) use {debug_as_text, with_structure};
