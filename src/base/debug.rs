//! `Debug` of an error is its text, because that is what a `main` that returns an error prints.

/// Implements `Debug` for errors: the text in quotation marks and, after `=>`, the number of its code. Under `{:#?}` the
/// same as a structure, with the type's name.
#[doc(hidden)]
#[macro_export]
macro_rules! debug_as_text {
    ($($name:ty $(=> $code:expr)?),+ $(,)?) => {
        $(
            impl ::core::fmt::Debug for $name {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    if f.alternate() {
                        let mut this = f.debug_struct(stringify!($name));
                        this.field("text", &::core::format_args!("{self}"));
                        $( this.field("code", &($code)(self).as_i32()); )?
                        return this.finish();
                    }
                    ::core::write!(f, "\"{self}\"")?;
                    $( ::core::write!(f, " ({})", ($code)(self).as_i32())?; )?
                    Ok(())
                }
            }
        )+
    };
}

pub(crate) use debug_as_text;
